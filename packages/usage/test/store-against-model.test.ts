/** Random histories: the store and the plain model of its rules answer alike, after every page. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageStore } from "../src/index.ts";
import { allRules, UsageModel, type Batch, type Point, type Value } from "./model.ts";
import { BatchFeeder } from "./store-pages.ts";

const resolutionMs = 15_000;
const startMs = 1_700_000_000_000;
const containers = ["a/p/one", "a/p/two", "b/p/one", "a/q/one"];

/** What happens to a container in one page. */
const event = fc.record({
  kind: fc.constantFrom(
    "runs",
    "runs",
    "runs",
    "absent",
    "restarts",
    "resets",
    "repeats",
    "goes back",
    "ends",
    "start moves",
  ),
  usedMs: fc.integer({ min: 0, max: 20_000 }),
  memory: fc.integer({ min: 0, max: 5 }),
  lateMs: fc.integer({ min: 0, max: 12_000 }),
});

const step = fc.record({
  /** Periods since the step before: more than three is an outage. */
  periods: fc.constantFrom(1, 1, 1, 1, 2, 5),
  events: fc.tuple(...containers.map(() => event)),
  node: event,
  isRearranged: fc.constantFrom(false, false, false, true),
  areRowsGivenUp: fc.constantFrom(false, false, true),
});

test("the store answers as its rules say", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), (steps) => {
      let nowMs = startMs;
      const store = new UsageStore({ resolutionMs, clock: () => nowMs });
      const feeder = new BatchFeeder(store);
      const model = new UsageModel(allRules, resolutionMs);
      const lives = new Map<string, Point>();
      for (const { periods, events, node, isRearranged, areRowsGivenUp } of steps) {
        nowMs += periods * resolutionMs;
        const batch: Batch = { nodes: new Map(), pods: new Map() };
        const pods = batch.pods as Map<string, Map<string, Point>>;
        for (const [at, name] of containers.entries()) {
          const point = happened(lives, name, events[at]!, nowMs);
          if (point === undefined) continue;
          const [namespace, pod, container = ""] = name.split("/");
          const key = `${namespace}/${pod}`;
          pods.set(key, (pods.get(key) ?? new Map<string, Point>()).set(container, point));
        }
        const own = happened(lives, "node", node, nowMs);
        if (own !== undefined) (batch.nodes as Map<string, Point>).set("n", { ...own, start: undefined });
        if (areRowsGivenUp) feeder.giveUpRows();
        if (isRearranged) feeder.rearrange();
        feeder.commit(batch);
        const answer = model.step(batch, nowMs);
        expect(shown(feeder.node("n"))).toEqual(shown(answer.nodes.get("n")));
        for (const pod of ["a/p", "b/p", "a/q"]) expect(shown(feeder.pod(pod))).toEqual(shown(answer.pods.get(pod)));
      }
    }),
    { numRuns: 300 },
  );
});

type Event = Readonly<{ kind: string; usedMs: number; memory: number; lateMs: number }>;

/** The reading that follows; `undefined` when the page lacks the container. */
function happened(
  lives: Map<string, Point>,
  name: string,
  { kind, usedMs, memory, lateMs }: Event,
  nowMs: number,
): Point | undefined {
  const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  const before = lives.get(name) ?? { cpu: 1_000_000_000n, mem: 1n, ts: ns(nowMs), start: ns(nowMs - 900_000) };
  const next = { ...before, cpu: before.cpu + ns(usedMs), mem: BigInt(memory), ts: ns(nowMs - lateMs) };
  if (kind === "absent") return undefined;
  if (kind === "restarts") Object.assign(next, { start: next.ts - ns(usedMs), cpu: ns(usedMs) });
  if (kind === "resets") next.cpu = ns(usedMs);
  if (kind === "repeats") Object.assign(next, { ts: before.ts, cpu: before.cpu });
  if (kind === "goes back") next.ts = before.ts - ns(lateMs);
  if (kind === "ends") return { ...next, cpu: 0n, mem: 0n };
  if (kind === "start moves") next.start = (before.start ?? 0n) - 300n;
  lives.set(name, next);
  return next;
}

function shown(value: Value | undefined): unknown {
  return value === undefined ? undefined : { ts: value.ts, window: value.window, usage: value.usage };
}
