/** Opening listeners, with errors that say what to do. */
import type { Server } from "node:net";
import { SandboxError } from "./sandbox-error.ts";

/** Listens on an address of this computer. @throws SandboxError PORT_IN_USE or NOT_PERMITTED */
export async function listen(server: Server, port: number, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onError = (error: NodeJS.ErrnoException): void => reject(explained(error, port, address));
  server.once("error", onError);
  server.listen(port, address, () => {
    server.off("error", onError);
    resolve();
  });
  await promise;
}

function explained(error: NodeJS.ErrnoException, port: number, address: string): Error {
  if (error.code === "EADDRINUSE") {
    const advice = "stop that program, or choose another port (0 lets the system choose)";
    return new SandboxError("PORT_IN_USE", `port ${port} of ${address} is in use by another program; ${advice}`, {
      cause: error,
    });
  }
  if (error.code === "EACCES" || error.code === "EPERM") {
    const advice =
      port > 0 && port < 1024
        ? "ports below 1024 need an administrator; choose a higher one"
        : "check the rights of this process";
    return new SandboxError("NOT_PERMITTED", `listening on ${address}:${port} is not permitted; ${advice}`, {
      cause: error,
    });
  }
  return error;
}
