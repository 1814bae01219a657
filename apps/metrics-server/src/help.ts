import type { Flag, FlagTable } from "./flag.ts";
import { durationText } from "./flag-kinds.ts";

/** A titled group of flags. */
export interface FlagSection {
  readonly title: string;
  readonly flags: FlagTable;
}

/** What `--help` prints: the flags of each section by name, with placeholder, text and default. */
export function helpText(about: string, usage: string, sections: readonly FlagSection[]): string {
  return `${about}\n\nUsage:\n  ${usage}\n${sections.map(sectionText).join("")}`;
}

function sectionText({ title, flags }: FlagSection): string {
  const lines = (Object.entries(flags) as [string, Flag<unknown>][])
    .filter(([, flag]) => flag.isHidden !== true)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => ({
      left: leftColumn(name, flag),
      right: `${flag.help}${effectText(flag)}${defaultText(flag)}`,
    }));
  const width = Math.max(...lines.map(({ left }) => left.length)) + 3;
  return `\n${title}:\n\n${lines.map(({ left, right }) => `${left.padEnd(width)}${right}\n`).join("")}`;
}

function leftColumn(name: string, { short, type }: Flag<unknown>): string {
  const letter = short === undefined || short === name ? (short === name ? `  -${name}, ` : "      ") : `  -${short}, `;
  return `${letter}--${name}${type === "" ? "" : ` ${type}`}`;
}

/** Help does not promise what a flag does not do. */
function effectText(flag: Flag<unknown>): string {
  if (flag.withoutEffect !== undefined) return " [no effect]";
  return flag.refused === undefined ? "" : " [restricted]";
}

function defaultText({ initial, type }: Flag<unknown>): string {
  if (initial === undefined || initial === "" || initial === false || initial === 0) return "";
  if (Array.isArray(initial)) return initial.length === 0 ? "" : ` (default [${initial.join(",")}])`;
  if (type === "duration") return ` (default ${durationText(initial as number)})`;
  return typeof initial === "string" && type !== "string"
    ? ` (default ${initial})`
    : ` (default ${JSON.stringify(initial)})`;
}
