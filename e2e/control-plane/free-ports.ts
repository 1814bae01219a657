/**
 * Ports of 127.0.0.1 for programs that have to be told theirs before they start.
 *
 * A port that the system chose and that was closed again may be another program's a moment later: as its own free port, or as the near end
 * of one of its connections. These lie below the ports that Linux gives out (32768–60999 by default), the ports of NodePort Services
 * (30000–32767) included, and a port is claimed by a listener in the abstract namespace, which no two processes can hold and which the
 * kernel takes away with the process.
 */
import { createServer, type ListenOptions, type Server } from "node:net";

const lowest = 12_000;
const highest = 29_999;
const attempts = 100;
/** Kept for as long as the process lives: a program that is started again takes its old port. */
const claims: Server[] = [];

/** @throws Error when a hundred ports were taken */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    const claim = await listen({ path: `\0kubemetrics-port-${port}` });
    if (claim === undefined) continue;
    const probe = await listen({ port, host: "127.0.0.1" });
    if (probe === undefined) {
      claim.close();
      continue;
    }
    await new Promise((closed) => probe.close(closed));
    claims.push(claim.unref());
    return port;
  }
  throw new Error(`none of ${attempts} ports between ${lowest} and ${highest} is free; is another run still going?`);
}

export async function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

/** Undefined when it is taken. */
function listen(where: ListenOptions): Promise<Server | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>();
  const server = createServer();
  server.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") resolve(undefined);
    else reject(error);
  });
  server.listen(where, () => resolve(server));
  return promise;
}
