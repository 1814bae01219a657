import { isIP } from "node:net";
import { formatDuration, parseDuration, parseLabelSelector } from "@kubemetrics/apimachinery";
import { FlagValueInvalid, type Flag } from "./flag.ts";

export function text(initial: string, help: string): Flag<string> {
  return { type: "string", help, initial, read: (value) => value };
}

/** Comma lists, repeated occurrences append: `--a=x,y --a=z`. A value in double quotes may hold commas. The first occurrence replaces the default. */
export function list(initial: readonly string[], help: string): Flag<readonly string[]> {
  return { type: "strings", help, initial, read: (value, before = []) => [...before, ...commaValues(value)] };
}

/** Repeated occurrences append, commas are part of the value. */
export function repeated(help: string, type: string): Flag<readonly string[]> {
  return { type, help, initial: [], read: (value, before = []) => [...before, value] };
}

const switchValues: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((value) => [value, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((value) => [value, false] as const),
]);

export function toggle(initial: boolean, help: string): Flag<boolean> {
  return {
    type: "",
    help,
    initial,
    isSwitch: true,
    read(value) {
      const isOn = switchValues.get(value);
      if (isOn === undefined) throw new FlagValueInvalid("must be true or false");
      return isOn;
    },
  };
}

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

export function integer(initial: number, help: string, range: NumberRange = {}): Flag<number> {
  const read = (value: string): number => {
    const number = /^[+-]?(0[xX][0-9a-fA-F]+|\d+)$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(number)) throw new FlagValueInvalid("must be a whole number");
    return inRange(number, range);
  };
  return { type: "int", help, initial, read };
}

export function float(initial: number, help: string, range: NumberRange = {}): Flag<number> {
  const read = (value: string): number => {
    const number = value.trim() === "" ? Number.NaN : Number(value);
    if (!Number.isFinite(number)) throw new FlagValueInvalid("must be a number");
    return inRange(number, range);
  };
  return { type: "float", help, initial, read };
}

/** Value in milliseconds. */
export function duration(initialMs: number, help: string, range: { readonly minMs?: number } = {}): Flag<number> {
  const read = (value: string): number => {
    let ms: number;
    try {
      ms = Number(parseDuration(value)) / 1e6;
    } catch {
      throw new FlagValueInvalid("must be a duration with a unit, such as 15s, 500ms or 1m30s");
    }
    if (range.minMs !== undefined && ms < range.minMs)
      throw new FlagValueInvalid(`must be at least ${durationText(range.minMs)}`);
    return ms;
  };
  return { type: "duration", help, initial: initialMs, read };
}

export function choice<T extends string>(initial: T, values: readonly T[], help: string): Flag<T> {
  return {
    type: "string",
    help,
    initial,
    read(value) {
      const found = values.find((one) => one === value);
      if (found === undefined) throw new FlagValueInvalid(`must be one of ${values.join(", ")}`);
      return found;
    },
  };
}

export function address(initial: string, help: string): Flag<string> {
  return {
    type: "ip",
    help,
    initial,
    read(value) {
      if (isIP(value) === 0) throw new FlagValueInvalid("must be an IP address");
      return value;
    },
  };
}

/** `<namespace>/<name>` of a Service. */
export function serviceName(help: string): Flag<{ readonly namespace: string; readonly name: string } | undefined> {
  return {
    type: "namespace/name",
    help,
    initial: undefined,
    read(value) {
      const [, namespace, name] =
        /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/.exec(value) ?? [];
      if (namespace === undefined || name === undefined)
        throw new FlagValueInvalid("must be <namespace>/<name> of a Service, such as kube-system/metrics-server");
      return { namespace, name };
    },
  };
}

export function labelSelector(help: string): Flag<string> {
  return {
    type: "string",
    help,
    initial: "",
    read(value) {
      try {
        parseLabelSelector(value);
      } catch (error) {
        throw new FlagValueInvalid(`must be a label selector: ${(error as Error).message}`);
      }
      return value;
    },
  };
}

/** The same flag; a given value is answered with a warning. */
export function withoutEffect<T>(flag: Flag<T>, reason: string, isSatisfiedBy?: (value: T) => boolean): Flag<T> {
  return { ...flag, withoutEffect: (value) => (isSatisfiedBy?.(value) === true ? undefined : reason) };
}

/** The same flag; a given value stops the start. */
export function refused<T>(flag: Flag<T>, reason: string, isHarmless: (value: T) => boolean): Flag<T> {
  return { ...flag, refused: (value) => (isHarmless(value) ? undefined : reason) };
}

export function durationText(ms: number): string {
  return formatDuration(BigInt(Math.round(ms * 1e6)));
}

function inRange(value: number, { min, max }: NumberRange): number {
  const isInside = (min === undefined || value >= min) && (max === undefined || value <= max);
  if (isInside) return value;
  if (max === undefined) throw new FlagValueInvalid(`must be at least ${min}`);
  throw new FlagValueInvalid(min === undefined ? `must be at most ${max}` : `must be between ${min} and ${max}`);
}

/** As Go's CSV reader takes one line. */
function commaValues(text: string): string[] {
  if (text === "") return [];
  const values: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (let end: string | undefined = ","; end === ",";) {
    const at = field.lastIndex;
    const found = field.exec(text);
    if (found === null) throw new FlagValueInvalid(`has a misplaced quote in ${JSON.stringify(text.slice(at))}`);
    values.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    end = found[3];
  }
  return values;
}
