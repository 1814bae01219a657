/** Numbers as small pictures. */

const eighths = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
const levels = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A bar of `width` characters, filled by a share from 0 to 1 in steps of an eighth of a character. */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * width * 8);
  const whole = Math.floor(filled / 8);
  const rest = whole < width ? (eighths[filled % 8] ?? " ") : "";
  return ("█".repeat(whole) + rest).padEnd(width);
}

/**
 * The last `width` values as a line of blocks, from 0 to the highest of them; the newest stands at the right.
 *
 * A value that is not there leaves a gap.
 */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const shown = values.slice(-width);
  const highest = Math.max(0, ...shown.filter((value) => value !== undefined));
  const blocks = shown.map((value) => {
    if (value === undefined) return " ";
    const step = highest === 0 ? 0 : Math.round((value / highest) * (levels.length - 1));
    return levels[step] ?? "";
  });
  return blocks.join("").padStart(width);
}
