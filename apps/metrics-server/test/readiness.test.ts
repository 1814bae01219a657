import { expect, test } from "vitest";
import { readiness } from "../src/readiness.ts";

class Clock {
  readonly waits: number[] = [];
  next: (() => void) | undefined;
  now(): number {
    return 0;
  }
  after(delayMs: number, callback: () => void): () => void {
    this.waits.push(delayMs);
    this.next = callback;
    return () => (this.next = undefined);
  }
}

test("is reached when every check of /readyz is good, looked for often at first and then once a second", async () => {
  const clock = new Clock();
  let problem: string | undefined = "not yet";
  const ready = readiness(
    [
      { name: "a", endpoints: ["readyz"], check: () => problem },
      { name: "alive", endpoints: ["livez"], check: () => "not asked" },
    ],
    clock,
  );
  for (let looks = 0; looks < 300; looks++) clock.next?.();
  expect(clock.waits.slice(0, 200)).toEqual(Array.from({ length: 200 }, () => 50));
  expect(clock.waits.slice(200)).toEqual(Array.from({ length: 101 }, () => 1_000));
  problem = undefined;
  clock.next?.();
  await ready.reached;
  expect(clock.waits).toHaveLength(301);
  ready.stop();
});

test("is not looked for after the end", () => {
  const clock = new Clock();
  const ready = readiness([{ name: "a", endpoints: ["readyz"], check: () => "not yet" }], clock);
  clock.next?.();
  ready.stop();
  expect(clock.next).toBeUndefined();
});
