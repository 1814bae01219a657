import { isIPv6 } from "node:net";
import type { ServingOptions } from "./options.ts";

/** Why the server cannot listen, with the flag that decides it and the way out. `cause` is the system's error. */
export function listenFailed(
  cause: NodeJS.ErrnoException,
  { bindAddress, securePort }: Pick<ServingOptions, "bindAddress" | "securePort">,
): Error {
  const place = `${isIPv6(bindAddress) ? `[${bindAddress}]` : bindAddress}:${securePort}`;
  const message = {
    EADDRINUSE: `--secure-port=${securePort}: another program listens on ${place} already (EADDRINUSE); give another port (0: any free one), or stop that program`,
    EACCES: `--secure-port=${securePort}: this process may not listen on ${place} (EACCES); give a port from 1024 on, or the capability NET_BIND_SERVICE`,
    EADDRNOTAVAIL: `--bind-address=${bindAddress}: this machine has no such address (EADDRNOTAVAIL); give one of its own, or 0.0.0.0 for all`,
  }[cause.code ?? ""];
  return message === undefined ? cause : new Error(message, { cause });
}
