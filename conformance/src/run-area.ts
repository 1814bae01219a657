/** Runs the cases of one vector file through its bindings. */
import { isDeepStrictEqual } from "node:util";
import type { AreaBinding, Check, Deviation, Verdict } from "./binding.ts";
import type { VectorCase, VectorFile } from "./vector-file.ts";

export interface FailedCase {
  readonly id: string;
  readonly note: string | undefined;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Result of one area. A case is in exactly one of passed, explained, pending, failed, uncovered. */
export interface AreaReport {
  readonly area: string;
  readonly cases: number;
  readonly passed: number;
  /** Deviation name → how many cases it explains. */
  readonly explained: ReadonlyMap<string, number>;
  /** Pending name → how many cases wait. */
  readonly pending: ReadonlyMap<string, number>;
  readonly failed: readonly FailedCase[];
  /** Cases that no binding covers. */
  readonly uncovered: number;
  /** Deviations that explained nothing: stale rules, unless these are only some of the area's cases. */
  readonly idle: readonly string[];
  /** Reasons by rule name, deviations and pending alike. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** Compares with deep strict equality; the usual last line of a check. */
export function same(expected: unknown, actual: unknown): Verdict {
  return isDeepStrictEqual(expected, actual) ? undefined : { expected, actual };
}

export interface RunOptions {
  /** Rules that explain no case are no failure: for files with fewer or other cases than the rules were written for. Default false. */
  readonly allowIdleRules?: boolean | undefined;
}

/** Runs every case of `file` through the bindings of its area. */
export async function runArea(
  file: VectorFile,
  bindings: readonly AreaBinding[],
  { allowIdleRules = false }: RunOptions = {},
): Promise<AreaReport> {
  const own = bindings.filter((binding) => binding.area === file.area);
  const explained = new Map<string, number>();
  const pending = new Map<string, number>();
  const reasons = new Map<string, string>();
  const failed: FailedCase[] = [];
  let passed = 0;
  let uncovered = 0;
  for (const test of file.cases) {
    const binding = own.find((candidate) => candidate.covers?.(test, file) ?? true);
    if (binding === undefined) {
      uncovered++;
      continue;
    }
    const waiting = binding.pending?.find((rule) => rule.applies(test, file));
    if (waiting !== undefined) {
      count(pending, waiting.name);
      reasons.set(waiting.name, waiting.reason);
      continue;
    }
    const verdict = await judge(binding.check, test, file);
    if (verdict === undefined) {
      passed++;
      continue;
    }
    const rule = await explanation(binding, test, file);
    if (rule === undefined) {
      failed.push({ id: test.id, note: test.note, expected: verdict.expected, actual: verdict.actual });
    } else {
      count(explained, rule.name);
      reasons.set(rule.name, rule.reason);
    }
  }
  const rules = allowIdleRules ? [] : own.flatMap((binding) => binding.deviations ?? []);
  const idle = rules.map((rule) => rule.name).filter((name) => !explained.has(name));
  return { area: file.area, cases: file.cases.length, passed, explained, pending, failed, uncovered, idle, reasons };
}

/** An implementation that never answers must not stop the run. */
const answerLimitMs = 20_000;

async function judge(check: Check, test: VectorCase, file: VectorFile): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const verdict = check(test, file);
    if (!(verdict instanceof Promise)) return verdict;
    const late = new Promise<Verdict>((resolve) => {
      timer = setTimeout(
        () => resolve({ expected: "an answer", actual: `none within ${answerLimitMs} ms` }),
        answerLimitMs,
      );
    });
    return await Promise.race([verdict, late]);
  } catch (error) {
    return { expected: "an answer", actual: error instanceof Error ? `${error.name}: ${error.message}` : error };
  } finally {
    clearTimeout(timer);
  }
}

async function explanation(binding: AreaBinding, test: VectorCase, file: VectorFile): Promise<Deviation | undefined> {
  for (const rule of binding.deviations ?? []) {
    if (rule.applies(test, file) && (await judge(rule.check, test, file)) === undefined) return rule;
  }
  return undefined;
}

function count(counters: Map<string, number>, name: string): void {
  counters.set(name, (counters.get(name) ?? 0) + 1);
}
