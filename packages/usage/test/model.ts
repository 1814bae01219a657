/**
 * The rules of the store once more, slow and plain: big integers, maps, everything rebuilt at each step. With all rules
 * off it is what metrics-server does; each rule on is one of our differences from it.
 */

/** A difference from upstream. */
export type Rule =
  /** Points and values outlive a page without them. */
  | "keep"
  /** A pod is published whole or not at all. */
  | "whole"
  /** A start time that moves back does not hide a counter that went on. */
  | "startMayMoveBack"
  /** A container without a previous point gets none; upstream makes one of zeros. */
  | "noZeroPoint"
  /** Counters and memory are what a float64 holds. */
  | "float64"
  /** A rate beyond uint64 is that rate; upstream's conversion wraps to 2^63. */
  | "noOverflow"
  /** Ready means that something is served. */
  | "servedIsReady"
  /** The zeros of a container that ends are no reading. */
  | "exitZeros"
  /** A window of many periods is no usage of now: the node's clock was set ahead. */
  | "longWindow"
  /** A start after its own reading says nothing: the node's clock was set back. */
  | "startAhead";

export const allRules: ReadonlySet<Rule> = new Set<Rule>([
  "keep",
  "whole",
  "startMayMoveBack",
  "noZeroPoint",
  "float64",
  "noOverflow",
  "servedIsReady",
  "exitZeros",
  "startAhead",
  "longWindow",
]);

/** Times in nanoseconds since the epoch; start `undefined` is unknown. */
export interface Point {
  readonly cpu: bigint;
  readonly mem: bigint;
  readonly ts: bigint;
  readonly start: bigint | undefined;
}

export interface Batch {
  readonly nodes: ReadonlyMap<string, Point>;
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>;
}

export interface Value {
  readonly ts: bigint | undefined;
  readonly window: bigint;
  /** Windows that upstream might have shown as well. */
  readonly windows: readonly bigint[];
  /** Container (a node's own: empty name) → nanocores, bytes. */
  readonly usage: ReadonlyMap<string, { readonly cpu: bigint; readonly mem: bigint }>;
}

export interface Answer {
  readonly nodes: ReadonlyMap<string, Value>;
  readonly pods: ReadonlyMap<string, Value>;
  readonly nodeReady: boolean;
  readonly podReady: boolean;
}

interface History {
  last: Point;
  previous: Point | undefined;
  seen: bigint;
}

interface Held {
  readonly value: Value;
  good: bigint;
}

const zeroTime = undefined;
const freshMinNs = 10_000_000_000n;
const longAgo = -(1n << 63n);

export class UsageModel {
  readonly #rules: ReadonlySet<Rule>;
  readonly #resolution: bigint;
  readonly #maxAge: bigint;
  readonly #longest: bigint;
  #histories = new Map<string, History>();
  #held = new Map<string, Held>();
  /** Pods and nodes with at least one previous point: upstream's idea of ready. */
  #withPrevious = new Set<string>();

  constructor(rules: ReadonlySet<Rule>, resolutionMs: number, maxAgeMs = 3 * resolutionMs) {
    this.#rules = rules;
    this.#resolution = BigInt(resolutionMs) * 1_000_000n;
    this.#maxAge = BigInt(maxAgeMs) * 1_000_000n;
    this.#longest = BigInt(Math.max(10 * maxAgeMs, 1_800_000)) * 1_000_000n;
  }

  step(batch: Batch, nowMs: number): Answer {
    const now = BigInt(nowMs) * 1_000_000n;
    const before = { histories: this.#histories, withPrevious: this.#withPrevious };
    const isKept = this.#rules.has("keep");
    this.#histories = isKept ? new Map(before.histories) : new Map();
    this.#withPrevious = new Set();
    const answers = new Map<string, Value>();
    const seen = new Set<string>();
    for (const [name, point] of batch.nodes) {
      seen.add(`node ${name}`);
      this.#object(`node ${name}`, new Map([["", { ...point, start: this.#nodeStart(point) }]]), before, now, answers);
    }
    for (const [name, containers] of batch.pods) {
      seen.add(`pod ${name}`);
      this.#object(`pod ${name}`, containers, before, now, answers);
    }
    if (isKept) {
      for (const [key, held] of this.#held) if (now - held.good > this.#maxAge) this.#held.delete(key);
      for (const [key, held] of this.#held) if (!answers.has(key)) answers.set(key, held.value);
    }
    const nodes = pick(answers, "node ");
    const pods = pick(answers, "pod ");
    const isServedReady = this.#rules.has("servedIsReady");
    const ready = (kind: string, served: number): boolean =>
      isServedReady ? served > 0 : [...this.#withPrevious].some((key) => key.startsWith(kind));
    return { nodes, pods, nodeReady: ready("node ", nodes.size), podReady: ready("pod ", pods.size) };
  }

  #nodeStart(point: Point): bigint | undefined {
    return this.#rules.has("startMayMoveBack") ? undefined : point.start;
  }

  #object(
    key: string,
    containers: ReadonlyMap<string, Point>,
    before: { histories: ReadonlyMap<string, History>; withPrevious: ReadonlySet<string> },
    now: bigint,
    answers: Map<string, Value>,
  ): void {
    const rates = new Map<string, { cpu: bigint; mem: bigint; ts: bigint; window: bigint }>();
    let isWhole = true;
    let isHidden = false;
    for (const [name, read] of containers) {
      const id = `${key} ${name}`;
      const point = this.#rules.has("float64") ? { ...read, cpu: float(read.cpu), mem: float(read.mem) } : read;
      const history = before.histories.get(id);
      const isKnown = history !== undefined && now - history.seen <= this.#maxAge;
      const isAhead = this.#rules.has("startAhead") && (point.start ?? longAgo) > point.ts + 1_000_000_000n;
      const isRestarted = isKnown && !isAhead && (point.start ?? longAgo) >= history.last.ts && key.startsWith("pod");
      const isExit = isKnown && !isRestarted && point.cpu === 0n && point.mem === 0n && history.last.cpu > 0n;
      if (isExit && this.#rules.has("exitZeros")) {
        isWhole = false;
        continue;
      }
      const found = this.#previous(key, point, isKnown ? history : undefined, isRestarted, before.withPrevious);
      // Upstream's zero point of year 1 is another matter.
      const isTooLong = found !== undefined && found.ts >= 0n && point.ts - found.ts > this.#longest;
      const previous = isTooLong && this.#rules.has("longWindow") ? undefined : found;
      this.#histories.set(id, { last: point, previous, seen: now });
      if (previous === undefined) {
        isHidden = true;
        continue;
      }
      this.#withPrevious.add(key);
      const isStartBack =
        !this.#rules.has("startMayMoveBack") && (point.start ?? longAgo) < (previous.start ?? longAgo);
      const window = point.ts - previous.ts > (1n << 63n) - 1n ? (1n << 63n) - 1n : point.ts - previous.ts;
      if (isStartBack || point.cpu < previous.cpu) isWhole = false;
      else rates.set(name, { cpu: this.#rate(previous.cpu, point.cpu, window), mem: point.mem, ts: point.ts, window });
    }
    if (containers.size === 0 || isHidden || (!isWhole && (this.#rules.has("whole") || key.startsWith("node")))) return;
    if (this.#rules.has("whole") && this.#misses(key, containers, now)) return;
    const ordered = [...rates.values()].toSorted((a, b) => Number(a.ts - b.ts) || Number(b.window - a.window));
    const first = ordered[0];
    const value: Value = {
      ts: first?.ts ?? zeroTime,
      window: first?.window ?? 0n,
      windows: [...new Set(ordered.filter((rate) => rate.ts === first?.ts).map((rate) => rate.window))],
      usage: new Map([...rates].map(([name, { cpu, mem }]) => [name, { cpu, mem }])),
    };
    answers.set(key, value);
    if (this.#rules.has("keep")) this.#held.set(key, { value, good: now });
  }

  #rate(previous: bigint, latest: bigint, window: bigint): bigint {
    const seconds = Number(window / 1_000_000_000n) + Number(window % 1_000_000_000n) / 1e9;
    const rate = BigInt(Math.trunc(Number(latest - previous) / seconds));
    return rate >= 1n << 64n && !this.#rules.has("noOverflow") ? 1n << 63n : rate;
  }

  #previous(
    key: string,
    point: Point,
    history: History | undefined,
    isRestarted: boolean,
    withPrevious: ReadonlySet<string>,
  ): Point | undefined {
    const age = point.ts - (point.start ?? longAgo);
    if (key.startsWith("pod") && age >= freshMinNs && age < this.#resolution) {
      return { ...point, ts: point.start as bigint, cpu: 0n };
    }
    if (history === undefined || isRestarted) return undefined;
    if (point.ts > history.last.ts) return history.last;
    if (history.previous !== undefined) return history.previous.ts < point.ts ? history.previous : undefined;
    // Upstream's defect: the pod has previous points, this container has none, and gets zeros.
    if (key.startsWith("node") || this.#rules.has("noZeroPoint") || !withPrevious.has(key)) return undefined;
    return { cpu: 0n, mem: 0n, ts: -62_135_596_800_000_000_000n, start: undefined };
  }

  /** Whether a container of the held value is missing, might come back, and the value can wait for it. */
  #misses(key: string, containers: ReadonlyMap<string, Point>, now: bigint): boolean {
    const held = this.#held.get(key);
    if (held === undefined || now - held.good + this.#resolution > this.#maxAge) return false;
    const starts = [...containers.values()].map((point) => point.start ?? longAgo);
    return [...held.value.usage.keys()].some((name) => {
      const last = this.#histories.get(`${key} ${name}`)?.last;
      return !containers.has(name) && last !== undefined && !starts.some((start) => start > last.ts);
    });
  }
}

function float(value: bigint): bigint {
  return BigInt(Number(value));
}

function pick(answers: ReadonlyMap<string, Value>, kind: string): Map<string, Value> {
  const picked = [...answers].filter(([key]) => key.startsWith(kind));
  return new Map(picked.map(([key, value]) => [key.slice(kind.length), value]));
}
