/** What every bench uses: timing that interleaves the variants, garbage per operation, figures with goals. */
import { Session } from "node:inspector/promises";

/** One line of a results file. `ratio` says how many times better ours is than the peer's. */
export interface Figure {
  readonly figure: string;
  readonly unit: string;
  readonly ours: number;
  /** Null when nothing else was measured in the same run. */
  readonly peer: number | null;
  readonly ratio: number | null;
  /** In words, such as `ratio >= 20` or `ours <= 340`; null for a figure that is only reported. */
  readonly goal: string | null;
  /** Whether the goal was reached; true without one. */
  readonly ok: boolean;
}

/** A module `bench/src/<name>.ts` exports `run`. It throws when an answer is wrong: wrong code is not timed. */
export interface BenchModule {
  readonly run: () => Promise<readonly Figure[]>;
}

interface Measured {
  readonly figure: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer?: number;
}

/** A figure whose goal is to be `least` times better than the peer; smaller numbers are better. */
export function ratioFigure(measured: Measured & { readonly peer: number }, least: number | null): Figure {
  const ratio = measured.peer / Math.max(measured.ours, Number.MIN_VALUE);
  return {
    ...measured,
    ratio,
    goal: least === null ? null : `ratio >= ${least}`,
    ok: least === null || ratio >= least,
  };
}

/** A figure whose goal is an upper bound of its own. */
export function boundFigure(measured: Measured, most: number | null): Figure {
  const { peer = null } = measured;
  const ratio = peer === null ? null : peer / Math.max(measured.ours, Number.MIN_VALUE);
  const goal = most === null ? null : `ours <= ${most}`;
  return { ...measured, peer, ratio, goal, ok: most === null || measured.ours <= most };
}

/** CPU time of one call in microseconds: user and system, all threads of this process. */
export interface Timing {
  /** The least disturbed round: what to compare when other programs load the machine. */
  readonly minimum: number;
  readonly median: number;
}

/**
 * Times functions in turns, round after round, so that a busy or throttled moment hits all of them.
 *
 * Each is warmed up first, then called in batches of about `batchMs`.
 */
export function interleaved<Name extends string>(
  variants: Readonly<Record<Name, () => unknown>>,
  options: { readonly rounds?: number; readonly batchMs?: number; readonly warmUpMs?: number } = {},
): Record<Name, Timing> {
  const { rounds = 21, batchMs = 30, warmUpMs = 400 } = options;
  const entries = Object.entries(variants) as [Name, () => unknown][];
  const batches = entries.map(([, call]) => {
    let calls = 0;
    const from = performance.now();
    while (performance.now() - from < warmUpMs) {
      call();
      calls++;
    }
    return Math.max(1, Math.ceil((calls * batchMs) / warmUpMs));
  });
  const times = entries.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    entries.forEach(([, call], i) => {
      const before = process.cpuUsage();
      for (let n = batches[i]!; n > 0; n--) call();
      const { user, system } = process.cpuUsage(before);
      times[i]!.push((user + system) / batches[i]!);
    });
  }
  return Object.fromEntries(
    entries.map(([name], i) => {
      const sorted = times[i]!.toSorted((one, other) => one - other);
      return [name, { minimum: sorted[0]!, median: sorted[sorted.length >> 1]! }];
    }),
  ) as Record<Name, Timing>;
}

/**
 * Bytes of JavaScript heap that one call allocates, whether or not they were collected meanwhile.
 *
 * Told by the sampling heap profiler, so call often enough for some megabytes in all; buffers outside the heap do not count.
 */
export async function garbagePerCall(call: () => unknown, calls: number): Promise<number> {
  for (let n = 0; n < calls; n++) call();
  const session = new Session();
  session.connect();
  try {
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: 1024,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    for (let n = 0; n < calls; n++) call();
    const { profile } = await session.post("HeapProfiler.stopSampling");
    return sampledBytes(profile.head) / calls;
  } finally {
    session.disconnect();
  }
}

interface SampledNode {
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
}

function sampledBytes(node: SampledNode): number {
  return node.children.reduce((sum, child) => sum + sampledBytes(child), node.selfSize);
}

/** Bytes kept alive by what `make` returns: heap and buffers, after full collections. Needs `--expose-gc`. */
export function retainedBytes(make: () => unknown): number {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("run with --expose-gc (`pnpm bench` does)");
  const settle = (): number => {
    for (let n = 0; n < 4; n++) collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  make();
  const before = settle();
  const kept = make();
  const after = settle();
  if (kept === undefined) throw new Error("nothing to weigh");
  return after - before;
}

/** Figures as a table for people. */
export function figuresText(figures: readonly Figure[]): string {
  const rows = figures.map(({ figure, unit, ours, peer, ratio, goal, ok }) => [
    figure,
    `${short(ours)} ${unit}`,
    peer === null ? "" : `${short(peer)} ${unit}`,
    ratio === null ? "" : `${short(ratio)}x`,
    goal ?? "",
    goal === null ? "" : ok ? "ok" : "MISSED",
  ]);
  const table = [["figure", "ours", "peer", "ratio", "goal", ""], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function short(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
