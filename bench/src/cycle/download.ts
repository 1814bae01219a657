/** The least any collector must do: download every page once a period over one kept TLS connection a node, and drop the bytes. */
import { Agent, request } from "node:https";
import { createSecureContext } from "node:tls";
import type { DownloadDone, DownloadOrder } from "./messages.ts";

process.once("message", ({ cluster, periodMs, cycles }: DownloadOrder) => {
  void (async () => {
    const secureContext = createSecureContext({ ca: cluster.authorityPem });
    const agents = cluster.kubelets.map(
      () => new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 0, secureContext }),
    );
    let bytes = 0;
    const download = (index: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const { address, port } = cluster.kubelets[index]!;
        const options = {
          host: address,
          port,
          path: "/metrics/resource",
          agent: agents[index]!,
          headers: { authorization: `Bearer ${cluster.token}` },
        };
        request(options, (answer) => {
          if (answer.statusCode !== 200) reject(new Error(`kubelet ${address}: ${answer.statusCode}`));
          answer.on("data", (chunk: Buffer) => (bytes += chunk.length));
          answer.on("end", resolve);
          answer.on("error", reject);
        })
          .on("error", reject)
          .end();
      });
    const cpuMs: number[] = [];
    for (let cycle = 0; cycle < cycles; cycle++) {
      const from = process.cpuUsage();
      bytes = 0;
      await Promise.all(
        agents.map(async (_, index) => {
          await new Promise((due) => setTimeout(due, (Math.floor((index / agents.length) * 20) * periodMs) / 20));
          await download(index);
        }),
      );
      const { user, system } = process.cpuUsage(from);
      if (cycle > 0) cpuMs.push((user + system) / 1000);
    }
    const done: DownloadDone = { cpuMs, rssMb: process.memoryUsage.rss() / 1e6, bytes };
    process.send?.(done, () => process.exit());
  })();
});
