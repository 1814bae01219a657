/** Loopback addresses for nodes. */
import { createServer } from "node:net";
import { SandboxError } from "./sandbox-error.ts";

/** Addresses that end in 0 or 255 look like networks to some programs. */
const hostsPerBlock = 250;

/** The address of a node by its number: 127.10.1.1, 127.10.1.2 … */
export function loopbackAddress(index: number): string {
  const block = Math.floor(index / hostsPerBlock);
  if (block > 254)
    throw new SandboxError(
      "BAD_OPTION",
      `node number ${index + 1} has no loopback address; a sandbox has at most ${255 * hostsPerBlock} nodes`,
    );
  return `127.10.${block + 1}.${(index % hostsPerBlock) + 1}`;
}

/** Whether this system answers on more loopback addresses than 127.0.0.1. Linux does; macOS does not. */
export async function hasManyLoopbackAddresses(): Promise<boolean> {
  const probe = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  probe.once("error", () => resolve(false));
  probe.listen(0, loopbackAddress(0), () => probe.close(() => resolve(true)));
  return promise;
}
