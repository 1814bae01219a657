import type { Log } from "@kubemetrics/apiservice";
import pino from "pino";
import type { LoggingOptions } from "./options.ts";
import { writeToStandardError } from "./standard-error.ts";

/** The framework's log, and one level below it. */
export interface AppLog extends Log {
  /** Shown from `-v=4` on. */
  debug(fields: object, message: string): void;
}

const letters: Readonly<Record<string, string>> = { debug: "I", info: "I", warn: "W", error: "E" };

/** Lines on standard error, written at once: as JSON, or as text that a person reads. */
export function createLog(options: LoggingOptions, write: (line: string) => void = writeToStandardError): AppLog {
  const isText = options.format === "text";
  return pino(
    {
      base: null,
      level: options.verbosity >= 4 ? "debug" : "info",
      messageKey: "msg",
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: isText ? (line: string) => write(textLine(line)) : write },
  );
}

/** `W 2026-03-01T12:00:00.000Z kubelet does not answer node="n1" reason="TIMEOUT"`. */
function textLine(json: string): string {
  const { level, ts, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${letters[String(level)] ?? "I"} ${String(ts)} ${String(msg)}${rest.join("")}\n`;
}
