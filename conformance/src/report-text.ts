/** Prints area reports for people. */
import { inspect } from "node:util";
import type { AreaReport } from "./run-area.ts";

/** True when the area has a failure that no deviation explains. A stale deviation counts: it claims a difference that is gone. */
export function hasFailed(report: AreaReport): boolean {
  return report.failed.length > 0 || report.idle.length > 0;
}

/** One block of text for an area: counts, rules with how many cases each explains, the first failing cases. */
export function reportText(report: AreaReport, failuresShown = 5): string {
  const head = `${hasFailed(report) ? "FAIL" : "ok  "} ${report.area}: ${report.passed} passed, ${report.failed.length} failed`;
  const counts = [
    sum(report.explained) > 0 ? `${sum(report.explained)} explained` : "",
    sum(report.pending) > 0 ? `${sum(report.pending)} pending` : "",
    report.uncovered > 0 ? `${report.uncovered} run by nobody yet` : "",
  ].filter((text) => text !== "");
  const lines = [[head, ...counts].join(", ")];
  for (const [name, cases] of report.explained)
    lines.push(`       deviation ${name} (${cases}): ${report.reasons.get(name)}`);
  for (const [name, cases] of report.pending)
    lines.push(`       pending ${name} (${cases}): ${report.reasons.get(name)}`);
  for (const name of report.idle)
    lines.push(`       stale deviation ${name}: explains no case of this file; remove it`);
  for (const failure of report.failed.slice(0, failuresShown)) {
    lines.push(`     - ${failure.id}${failure.note === undefined ? "" : ` (${failure.note})`}`);
    lines.push(`         expected ${short(failure.expected)}`, `         actual   ${short(failure.actual)}`);
  }
  const more = report.failed.length - failuresShown;
  if (more > 0) lines.push(`     … and ${more} more`);
  return lines.join("\n");
}

function sum(counters: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const cases of counters.values()) total += cases;
  return total;
}

function short(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 6, breakLength: Infinity });
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
