/** The tables: like `kubectl top`, with a bar and, when there is a past to show, a line. */
import { bar, sparkline } from "./glyphs.ts";
import type { UsageHistory } from "./usage-history.ts";
import type { NodeReading, PodReading, UsageReading } from "./usage-reading.ts";

export interface TableOptions {
  /** Without: no line is shown. */
  readonly history?: UsageHistory;
  /** Rows of each table at most; what is left out is counted below it. */
  readonly nodeRows: number;
  readonly podRows: number;
}

const barWidth = 12;
const lineWidth = 20;
const mebibyte = 1024 * 1024;

/** Both tables, nodes by name and pods by CPU, the busiest first. */
export function usageTables(reading: UsageReading, options: TableOptions): readonly string[] {
  return [...nodeTable(reading.nodes, options), "", ...podTable(reading.pods, options)];
}

function nodeTable(nodes: readonly NodeReading[], { history, nodeRows }: TableOptions): readonly string[] {
  const heads = [
    "NAME",
    "CPU(cores)",
    "CPU(%)",
    "",
    "MEMORY(bytes)",
    "MEMORY(%)",
    ...(history ? ["CPU, last seconds"] : []),
  ];
  const rows = nodes.slice(0, nodeRows).map((node) => {
    const { name, usage, allocatableMillicores, allocatableBytes } = node;
    const line = history ? [sparkline(history.node(name), lineWidth)] : [];
    if (usage === undefined) return [name, "<unknown>", "<unknown>", "", "<unknown>", "<unknown>", ...line];
    const cpuShare = usage.millicores / allocatableMillicores;
    return [
      name,
      `${usage.millicores}m`,
      percent(cpuShare),
      bar(cpuShare, barWidth),
      memory(usage.bytes),
      percent(usage.bytes / allocatableBytes),
      ...line,
    ];
  });
  return [...aligned([heads, ...rows]), ...leftOut(nodes.length - rows.length, "nodes")];
}

function podTable(pods: readonly PodReading[], { history, podRows }: TableOptions): readonly string[] {
  const heads = ["NAMESPACE", "NAME", "CPU(cores)", "", "MEMORY(bytes)", ...(history ? ["CPU, last seconds"] : [])];
  const sorted = pods.toSorted((a, b) => b.usage.millicores - a.usage.millicores);
  const highest = sorted[0]?.usage.millicores ?? 0;
  const rows = sorted
    .slice(0, podRows)
    .map(({ namespace, name, usage }) => [
      namespace,
      name,
      `${usage.millicores}m`,
      bar(usage.millicores / highest, barWidth),
      memory(usage.bytes),
      ...(history ? [sparkline(history.pod(namespace, name), lineWidth)] : []),
    ]);
  return [...aligned([heads, ...rows]), ...leftOut(pods.length - rows.length, "pods")];
}

/** Columns as wide as their widest cell, three spaces between them, as kubectl prints tables. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}

function leftOut(count: number, what: string): readonly string[] {
  return count > 0 ? [`… and ${count} more ${what}`] : [];
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

function memory(bytes: number): string {
  return `${Math.floor(bytes / mebibyte)}Mi`;
}
