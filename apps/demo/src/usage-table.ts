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
  /** Characters in a line: bars and lines shrink to fit, and go when there is no room; text is never cut. */
  readonly columns: number;
}

const fullBar = 12;
const fullLine = 20;
/** A narrower picture says nothing: its column is left out. */
const leastPicture = 3;
const gap = "   ";
const mebibyte = 1024 * 1024;

/** One row: text, the bar, text, the line of the past. */
interface Row {
  readonly left: readonly string[];
  readonly share: number | undefined;
  readonly right: readonly string[];
  readonly past: readonly (number | undefined)[];
}

/** Both tables, nodes by name and pods by CPU, the busiest first. */
export function usageTables(reading: UsageReading, options: TableOptions): readonly string[] {
  return [...nodeTable(reading.nodes, options), "", ...podTable(reading.pods, options)];
}

function nodeTable(nodes: readonly NodeReading[], options: TableOptions): readonly string[] {
  const rows = nodes.slice(0, options.nodeRows).map((node): Row => {
    const { name, usage, allocatableMillicores, allocatableBytes } = node;
    const past = options.history?.node(name) ?? [];
    const unknown = "<unknown>";
    if (usage === undefined)
      return { left: [name, unknown, unknown], share: undefined, right: [unknown, unknown], past };
    const share = usage.millicores / allocatableMillicores;
    return {
      left: [name, `${usage.millicores}m`, percent(share)],
      share,
      right: [memory(usage.bytes), percent(usage.bytes / allocatableBytes)],
      past,
    };
  });
  const heads = { left: ["NAME", "CPU(cores)", "CPU(%)"], right: ["MEMORY(bytes)", "MEMORY(%)"] };
  return [...table(heads, rows, options), ...leftOut(nodes.length - rows.length, "nodes")];
}

function podTable(pods: readonly PodReading[], options: TableOptions): readonly string[] {
  const sorted = pods.toSorted((a, b) => b.usage.millicores - a.usage.millicores);
  const highest = sorted[0]?.usage.millicores ?? 0;
  const rows = sorted.slice(0, options.podRows).map(({ namespace, name, usage }) => ({
    left: [namespace, name, `${usage.millicores}m`],
    share: usage.millicores / highest,
    right: [memory(usage.bytes)],
    past: options.history?.pod(namespace, name) ?? [],
  }));
  const heads = { left: ["NAMESPACE", "NAME", "CPU(cores)"], right: ["MEMORY(bytes)"] };
  return [...table(heads, rows, options), ...leftOut(pods.length - rows.length, "pods")];
}

/** Text takes the room it needs; the pictures share what is left of `columns`. */
function table(
  heads: Pick<Row, "left" | "right">,
  rows: readonly Row[],
  { history, columns }: TableOptions,
): readonly string[] {
  const texts = aligned([heads, ...rows].map(({ left, right }) => [...left, ...right]));
  const textWidth = Math.max(...texts.map((line) => line.length));
  const { barWidth, lineWidth } = pictureWidths(columns - textWidth, history !== undefined);
  const title = "CPU, last seconds";
  const pictures = (left: readonly string[], bars: string, right: readonly string[], line: string): string[] => [
    ...left,
    ...(barWidth > 0 ? [bars] : []),
    ...right,
    ...(lineWidth > 0 ? [line] : []),
  ];
  return aligned([
    pictures(heads.left, "", heads.right, lineWidth < title.length ? "CPU" : title),
    ...rows.map(({ left, share, right, past }) =>
      pictures(left, share === undefined ? "" : bar(share, barWidth), right, sparkline(past, lineWidth)),
    ),
  ]);
}

/** How wide bar and line may be, 0 for not at all, in `room` characters that hold the gaps before them too. */
function pictureWidths(room: number, hasLine: boolean): { readonly barWidth: number; readonly lineWidth: number } {
  const alone = room - gap.length;
  const fitting = (width: number, most: number): number => (width < leastPicture ? 0 : Math.min(most, width));
  if (!hasLine) return { barWidth: fitting(alone, fullBar), lineWidth: 0 };
  const shared = alone - gap.length;
  if (shared < 2 * leastPicture) return { barWidth: 0, lineWidth: fitting(alone, fullLine) };
  const barWidth = Math.max(leastPicture, Math.min(fullBar, Math.floor((shared * fullBar) / (fullBar + fullLine))));
  return { barWidth, lineWidth: Math.min(fullLine, shared - barWidth) };
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
      .join(gap)
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
