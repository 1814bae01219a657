/** Cutting every connection of a server, those still shaking hands included, which `closeAllConnections` does not know yet. */
import type { Server, Socket } from "node:net";

/** Begins to follow a server's connections; the returned function cuts them all. */
export function followConnections(server: Server): () => void {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** Stops listening, cuts every connection, and resolves when all are gone. */
export async function closeServer(server: Server, cutConnections: () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  cutConnections();
  await promise;
}
