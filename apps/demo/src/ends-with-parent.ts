/**
 * Loaded before the program of a child process (`--import`): it is told to end when its parent is gone, even by SIGKILL. File descriptor 3
 * is a pipe whose other end only the parent has.
 */
import { Socket } from "node:net";

const parent = new Socket({ fd: 3, readable: true, writable: false });
parent.on("close", () => process.kill(process.pid, "SIGTERM"));
parent.on("error", () => undefined);
parent.resume();
// Waiting for it keeps nobody alive.
parent.unref();
