import { systemClock, type Clock } from "@kubemetrics/apiservice";
import { expect, test } from "vitest";
import { apiServiceName, runFlunders, until } from "./running-flunders.ts";

const path = "/apis/wardle.example.com/v1alpha1/flunders";
const dayMs = 24 * 3_600_000;

/** Runs behind, so that what is issued first is due when the clock is put right; everything is valid in real time all along. */
class LateClock implements Clock {
  behindMs = 2.1 * dayMs;
  now(): number {
    return Date.now() - this.behindMs;
  }
  after(delayMs: number, callback: () => void): () => void {
    return systemClock.after(delayMs, callback);
  }
}

test("two replicas renew their authorities at once; no request through the aggregator fails", async () => {
  await using cluster = await runFlunders();
  const clock = new LateClock();
  const lifetimes = { authorityLifetimeMs: 3 * dayMs, certificateLifetimeMs: 3 * dayMs };
  const renewal = { ...lifetimes, everyMs: 50, settleMs: 300, clock };
  await Promise.all([cluster.replica(renewal), cluster.replica(renewal)]);
  const apiService = `/apis/apiregistration.k8s.io/v1/apiservices/${apiServiceName}`;
  const bundle = async (): Promise<string> => {
    const { caBundle = "" } = ((await cluster.ask("GET", apiService)).json as { spec: { caBundle?: string } }).spec;
    return Buffer.from(caBundle, "base64").toString();
  };
  const authorities = async (): Promise<number> => (await bundle()).split("BEGIN CERTIFICATE").length - 1;
  await until("both are believed", async () => (await authorities()) === 2);
  await until("the APIService is available", async () => (await cluster.available()).status === "True");

  let asked = 0;
  let isOver = false;
  const failures: string[] = [];
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const { status, text } = await cluster.ask("GET", path);
      asked++;
      if (status !== 200) failures.push(`${status} ${text}`);
    }
  });
  clock.behindMs = 0;
  const switched = (): number => cluster.log.lines.filter((line) => line === "serving with a new authority").length;
  await until("both serve with new authorities", () => Promise.resolve(switched() === 2));
  // Another text of the same bundle: the aggregator opens its connections anew, and sees the new certificates.
  const caBundle = Buffer.from(`${await bundle()}\n`).toString("base64");
  const merge = { headers: { "content-type": "application/merge-patch+json" } };
  await cluster.ask("PATCH", apiService, { spec: { caBundle } }, merge);
  const before = asked;
  await until("load goes on", () => Promise.resolve(asked > before + 50));
  isOver = true;
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(await authorities()).toBe(4);
  expect(cluster.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
});
