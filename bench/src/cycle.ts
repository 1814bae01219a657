/**
 * CPU per cycle and memory of the real metrics-server (its bundle) over 1,000 simulated nodes × 30 pods × 2 containers, one TLS connection a
 * node, beside the bare download of the same pages, which no collector can avoid.
 */
import { execFileSync, fork, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, request } from "node:https";
import { boundFigure, type Figure } from "./harness.ts";
import type { ClusterReady, DownloadDone, DownloadOrder, RegisterServer } from "./cycle/messages.ts";

const size = { nodes: 1_000, pods: 30, containers: 2 };
const periodMs = 15_000;
const measuredCycles = 4;
/** As the image and `pnpm start` run it. */
const runtimeFlags = ["--max-semi-space-size=4", "--no-allocation-site-pretenuring"];
const runtimeEnvironment = { MALLOC_ARENA_MAX: "1" };
const root = fileURLToPath(new URL("../..", import.meta.url));

export async function run(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "kubemetrics-cycle-"));
  const children: ChildProcess[] = [];
  try {
    execFileSync(process.execPath, [join(root, "node_modules/tsup/dist/cli-default.js")], {
      cwd: join(root, "apps/metrics-server"),
      stdio: "ignore",
    });
    const script = (name: string): string => fileURLToPath(new URL(`cycle/${name}.ts`, import.meta.url));
    const cluster = fork(script("cluster"), [size.nodes, size.pods, size.containers].map(String));
    children.push(cluster);
    const ready = await message<ClusterReady>(cluster);

    const downloader = fork(script("download"));
    children.push(downloader);
    const order: DownloadOrder = { cluster: ready, periodMs, cycles: measuredCycles + 1 };
    downloader.send(order);
    const bare = await message<DownloadDone>(downloader);

    const server = spawn(process.execPath, [...runtimeFlags, ...serverArguments(folder, ready)], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...runtimeEnvironment },
    });
    children.push(server);
    const register: RegisterServer = { port: await portOf(server) };
    cluster.send(register);
    await checkAnswers(ready);
    // The second cycle fills the caches of connections and series; measuring starts in the third.
    await elapsed(periodMs);
    const cpuMs: number[] = [];
    let rssMb = 0;
    for (let cycle = 0; cycle < measuredCycles; cycle++) {
      const before = cpuOf(server.pid!);
      await elapsed(periodMs);
      cpuMs.push(cpuOf(server.pid!) - before);
      rssMb = Math.max(rssMb, statusMb(server.pid!, "VmRSS"));
    }
    const lists = await checkAnswers(ready);
    console.log(
      `cycle: a page round of ${(bare.bytes / 1e6).toFixed(1)} MB; full pod list ${(lists.bytes / 1e6).toFixed(1)} MB`,
    );
    return [
      boundFigure(
        {
          figure: "CPU per cycle, beside the bare download",
          unit: "ms",
          ours: median(cpuMs),
          peer: median(bare.cpuMs),
        },
        340,
      ),
      boundFigure({ figure: "RSS, beside the bare download", unit: "MB", ours: rssMb, peer: bare.rssMb }, 300),
      boundFigure({ figure: "peak RSS after full lists", unit: "MB", ours: statusMb(server.pid!, "VmHWM") }, null),
    ];
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

function serverArguments(folder: string, ready: ClusterReady): string[] {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const own = file("kubeconfig", ready.kubeconfig);
  return [
    join(root, "apps/metrics-server/bundle/metrics-server.js"),
    `--kubeconfig=${own}`,
    `--authentication-kubeconfig=${own}`,
    `--authorization-kubeconfig=${own}`,
    "--secure-port=0",
    "--bind-address=127.0.0.1",
    `--tls-cert-file=${file("serving.crt", ready.serving.certificatePem)}`,
    `--tls-private-key-file=${file("serving.key", ready.serving.keyPem)}`,
    `--kubelet-certificate-authority=${file("authority.crt", ready.authorityPem)}`,
    "--kubelet-use-node-status-port",
    "--kubelet-preferred-address-types=InternalIP",
    `--metric-resolution=${periodMs}ms`,
  ];
}

/** The port that its log names; the log goes on to standard error. */
function portOf(server: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr?.on("data", (chunk: Buffer) => {
      process.stderr.write(chunk);
      log = (log + chunk.toString()).slice(-2_000);
      const port = / serving host=\S+ port=(\d+) /.exec(log)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    server.once("close", () => reject(new Error("metrics-server ended before it served")));
  });
}

/** Waits until the aggregator serves every node and pod, and looks at one answer closely. */
async function checkAnswers(ready: ClusterReady): Promise<{ bytes: number }> {
  const deadline = Date.now() + 3 * periodMs;
  for (;;) {
    const nodes = await list(ready, "/apis/metrics.k8s.io/v1/nodes").catch(() => undefined);
    if (nodes?.items.length === size.nodes) {
      const pods = await list(ready, "/apis/metrics.k8s.io/v1/pods");
      if (pods.items.length === size.nodes * size.pods) {
        const short = pods.items.find((pod) => pod.containers?.length !== size.containers);
        if (short !== undefined)
          throw new Error(`pod ${short.metadata.name} has ${short.containers?.length} containers`);
        return pods;
      }
    }
    if (Date.now() > deadline) throw new Error(`only ${nodes?.items.length ?? 0} of ${size.nodes} nodes are served`);
    await elapsed(500);
  }
}

interface List {
  readonly bytes: number;
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly containers?: readonly unknown[] }[];
}

function list(ready: ClusterReady, path: string): Promise<List> {
  const data = (field: string): string =>
    Buffer.from(new RegExp(`${field}: (\\S+)`).exec(ready.adminKubeconfig)?.[1] ?? "", "base64").toString();
  const agent = new Agent({
    ca: ready.authorityPem,
    cert: data("client-certificate-data"),
    key: data("client-key-data"),
  });
  return new Promise((resolve, reject) => {
    request(`${ready.url}${path}`, { agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const body = Buffer.concat(chunks);
        agent.destroy();
        if (answer.statusCode !== 200) return reject(new Error(`${path}: ${answer.statusCode}`));
        resolve({ ...(JSON.parse(body.toString()) as Omit<List, "bytes">), bytes: body.length });
      });
    })
      .on("error", reject)
      .end();
  });
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("message", (value) => resolve(value as T));
    child.once("exit", (code) => reject(new Error(`child ended with status ${code} before it answered`)));
  });
}

/** CPU time a process has used, in milliseconds (resolution 10 ms). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function statusMb(pid: number, field: "VmRSS" | "VmHWM"): number {
  const kib = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1]!;
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
