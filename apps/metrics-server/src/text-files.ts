import { readFile } from "node:fs/promises";
import type { Clock } from "@kubemetrics/apiservice";

export type ReadText = (path: string) => Promise<string>;

export const readText: ReadText = (path) => readFile(path, "utf8");

/** Calls again and again, a period after the last call has ended. Returns how to stop it. */
export function repeat(clock: Clock, periodMs: number, run: () => Promise<void> | void): () => void {
  let isStopped = false;
  let cancel = (): void => {};
  const plan = (): void => {
    if (isStopped) return;
    cancel = clock.after(periodMs, () => void Promise.resolve(run()).finally(plan));
  };
  plan();
  return () => {
    isStopped = true;
    cancel();
  };
}
