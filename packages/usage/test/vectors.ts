/** Replays `metrics-storage`: batches of points and what metrics-server's storage answers after each. */
import { same } from "@kubemetrics/conformance";
import type { AreaBinding, Deviation, VectorCase, Verdict } from "@kubemetrics/conformance";
import { UsageStore } from "../src/index.ts";
import { allRules, UsageModel, type Answer, type Batch, type Point, type Rule, type Value } from "./model.ts";
import { BatchFeeder } from "./store-pages.ts";

interface RecordedPoint {
  readonly cpu: string;
  readonly mem: string;
  readonly ts: string;
  readonly start?: string;
}

interface RecordedUsage {
  readonly cpu: string;
  readonly memory: string;
}

interface RecordedObject {
  readonly name: string;
  readonly namespace?: string;
  readonly timestampNs: string;
  readonly window: string;
  readonly windowOneOf?: readonly string[];
  readonly usage?: RecordedUsage;
  readonly containers?: Readonly<Record<string, RecordedUsage>>;
}

export interface RecordedCase extends VectorCase {
  readonly resolutionMs: number;
  readonly batches: readonly {
    readonly nodes: Readonly<Record<string, RecordedPoint>>;
    readonly pods: Readonly<Record<string, Readonly<Record<string, RecordedPoint>>>>;
    readonly after: {
      readonly ready: boolean;
      readonly nodeReady: boolean;
      readonly podReady: boolean;
      readonly nodes: readonly RecordedObject[];
      readonly pods: readonly RecordedObject[];
    };
  }[];
}

/** One batch a period; when exactly does not matter. */
const startMs = 1_700_000_000_000;

/** What the store answers, in the form of the model. */
export function storeAnswers(test: RecordedCase): Answer[] {
  let nowMs = startMs;
  const store = new UsageStore({ resolutionMs: test.resolutionMs, clock: () => nowMs });
  const feeder = new BatchFeeder(store);
  const batches = test.batches.map(batchOf);
  const nodeNames = new Set(batches.flatMap((batch) => [...batch.nodes.keys()]));
  const podNames = new Set(batches.flatMap((batch) => [...batch.pods.keys()]));
  return batches.map((batch, step) => {
    nowMs = startMs + step * test.resolutionMs;
    feeder.commit(batch);
    const points = store.storedPoints();
    return {
      nodes: answered(nodeNames, (name) => feeder.node(name)),
      pods: answered(podNames, (name) => feeder.pod(name)),
      nodeReady: points.nodes > 0,
      podReady: points.containers > 0,
    };
  });
}

export function modelAnswers(test: RecordedCase, rules: ReadonlySet<Rule>): Answer[] {
  const model = new UsageModel(rules, test.resolutionMs);
  return test.batches.map((batch, step) => model.step(batchOf(batch), startMs + step * test.resolutionMs));
}

/** Compares with the recorded answers; the first step that differs is shown. */
export function compare(test: RecordedCase, answers: readonly Answer[]): Verdict {
  for (const [step, batch] of test.batches.entries()) {
    const answer = answers[step];
    if (answer === undefined) return { expected: `an answer after batch ${step}`, actual: undefined };
    const { nodes, pods, nodeReady, podReady, ready } = batch.after;
    const verdict =
      same({ nodeReady, podReady, ready }, readiness(answer)) ??
      same(nodes.map(recorded), shown(answer.nodes, nodes)) ??
      same(pods.map(recorded), shown(answer.pods, pods));
    if (verdict !== undefined) return { expected: { step, is: verdict.expected }, actual: verdict.actual };
  }
  return undefined;
}

const reasons: readonly (readonly [name: string, rule: Rule, reason: string])[] = [
  [
    "start-time-may-move-back",
    "startMayMoveBack",
    "a start time is a float that two sources of the kubelet give differently; a counter that went on is usable",
  ],
  ["no-zero-point", "noZeroPoint", "a container without a previous point has no rate, instead of one since year 1"],
  ["no-partial-pods", "whole", "a pod served without one of its containers looks idle, and an autoscaler shrinks it"],
  [
    "keeps-last-good-value",
    "keep",
    "a missed scrape, a restart or a step back in time leaves no hole for a bounded age",
  ],
  ["counters-are-float64", "float64", "the kubelet's text format carries float64, so nothing finer can arrive"],
  [
    "no-wrapped-overflow",
    "noOverflow",
    "the conversion wraps to another number, which depends on the CPU architecture",
  ],
  [
    "no-window-of-many-periods",
    "longWindow",
    "a node's clock was set ahead; seconds of use over hours would look idle, and an autoscaler would shrink it",
  ],
  ["ready-is-served", "servedIsReady", "ready with nothing to serve misleads; upstream counts points it cannot use"],
];

/** Each rule of the model is a deviation where it alone changes what the model answers. */
const deviations: readonly Deviation[] = reasons.map(([name, rule, reason]) => ({
  name,
  reason,
  applies: (test) => {
    const without = new Set(allRules);
    without.delete(rule);
    return (
      same(modelAnswers(test as RecordedCase, without), modelAnswers(test as RecordedCase, allRules)) !== undefined
    );
  },
  check: (test) =>
    same(withOneWindow(modelAnswers(test as RecordedCase, allRules)), storeAnswers(test as RecordedCase)),
}));

export const areas: readonly AreaBinding[] = [
  {
    area: "metrics-storage",
    check: (test) => compare(test as RecordedCase, storeAnswers(test as RecordedCase)),
    deviations,
  },
];

function batchOf(batch: RecordedCase["batches"][number]): Batch {
  const points = (of: Readonly<Record<string, RecordedPoint>>): Map<string, Point> =>
    new Map(Object.entries(of).map(([name, point]) => [name, pointOf(point)]));
  const pods = Object.entries(batch.pods).map(([name, containers]) => [name, points(containers)] as const);
  return { nodes: points(batch.nodes), pods: new Map(pods) };
}

function pointOf(point: RecordedPoint): Point {
  const start = point.start === undefined ? undefined : BigInt(point.start);
  return { cpu: BigInt(point.cpu), mem: BigInt(point.mem), ts: BigInt(point.ts), start };
}

function answered(names: ReadonlySet<string>, get: (name: string) => Value | undefined): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const name of names) {
    const value = get(name);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** Of containers with the earliest reading, the store shows the longest window. */
export function withOneWindow(answers: readonly Answer[]): Answer[] {
  const only = (values: ReadonlyMap<string, Value>): Map<string, Value> =>
    new Map([...values].map(([name, value]) => [name, { ...value, windows: [value.window] }]));
  return answers.map((answer) => ({ ...answer, nodes: only(answer.nodes), pods: only(answer.pods) }));
}

function readiness({ nodeReady, podReady }: Answer): { nodeReady: boolean; podReady: boolean; ready: boolean } {
  return { nodeReady, podReady, ready: nodeReady && podReady };
}

type Shown = { name: string; ts: bigint | undefined; window: bigint; usage: Map<string, { cpu: bigint; mem: bigint }> };

/** An answer in the form and order of the recorded ones; a window that upstream might have shown as well is taken as its own. */
function shown(values: ReadonlyMap<string, Value>, expected: readonly RecordedObject[]): Shown[] {
  const objects = [...values].map(([name, value]) => {
    const allowed = expected.find((object) => keyOf(object) === name)?.windowOneOf?.map(duration) ?? [];
    const wanted = expected.find((object) => keyOf(object) === name)?.window;
    const window = wanted !== undefined && allowed.includes(value.window) ? duration(wanted) : value.window;
    const usage = [...value.usage].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { name, ts: value.ts, window, usage: new Map(usage.map(([container, use]) => [container, printed(use)])) };
  });
  return objects.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function recorded(object: RecordedObject): Shown {
  const usages = object.usage === undefined ? Object.entries(object.containers ?? {}) : [["", object.usage] as const];
  const usage = new Map(
    usages
      .map(([name, use]) => [name, { cpu: quantity(use.cpu, 9), mem: quantity(use.memory, 0) }] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  const ts = object.timestampNs === "" ? undefined : BigInt(object.timestampNs);
  return { name: keyOf(object), ts, window: duration(object.window), usage };
}

function keyOf(object: RecordedObject): string {
  return object.namespace === undefined ? object.name : `${object.namespace}/${object.name}`;
}

/** Above the largest int64 the API shows one digit less. */
function printed({ cpu, mem }: { cpu: bigint; mem: bigint }): { cpu: bigint; mem: bigint } {
  const print = (value: bigint): bigint => (value > (1n << 63n) - 1n ? (value / 10n) * 10n : value);
  return { cpu: print(cpu), mem: print(mem) };
}

const suffixes: Readonly<Record<string, bigint | number>> = {
  n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18,
  Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n, Ei: 1n << 60n,
}; // prettier-ignore

/** A quantity text as a multiple of 10^-scale. */
function quantity(text: string, scale: number): bigint {
  const [, digits = "", suffix = ""] = /^(\d+)([a-zA-Z]*)$/.exec(text) ?? [];
  const exponent = /^e\d+$/.test(suffix) ? Number(suffix.slice(1)) : suffixes[suffix];
  if (digits === "" || exponent === undefined) throw new Error(`not a quantity the API prints: ${text}`);
  const factor = typeof exponent === "bigint" ? exponent * 10n ** BigInt(scale) : 10n ** BigInt(scale + exponent);
  return BigInt(digits) * factor;
}

const units: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n, m: 60_000_000_000n, s: 1_000_000_000n, ms: 1_000_000n, µs: 1000n, ns: 1n,
}; // prettier-ignore

/** A Go duration text in nanoseconds. */
function duration(text: string): bigint {
  let sum = 0n;
  for (const [, whole = "0", fraction = "", unit = ""] of text.matchAll(/(\d+)(?:\.(\d+))?(h|ms|µs|ns|m|s)/g)) {
    const factor = units[unit] ?? 0n;
    sum += BigInt(whole) * factor + (BigInt(`0${fraction}`) * factor) / 10n ** BigInt(fraction.length);
  }
  return sum;
}
