/** The audit log, if flags ask for one. */
import * as files from "node:fs/promises";
import {
  readAuditPolicy,
  RotatingFile,
  type AuditOptions as ServerAudit,
  type Clock,
  type Log,
} from "@kubemetrics/apiservice";
import type { AuditOptions } from "./options.ts";
import type { ReadText } from "./text-files.ts";

export interface AuditLog {
  readonly audit: ServerAudit;
  /** Resolves when what was recorded is in the file. */
  close(): Promise<void>;
}

const megabyte = 1024 * 1024;
const dayMs = 24 * 3_600_000;

/** @throws when the policy cannot be used: serving without the records somebody counts on would be worse than not serving */
export async function openAuditLog(
  options: AuditOptions,
  { readText, clock, log }: { readonly readText: ReadText; readonly clock: Clock; readonly log: Log },
): Promise<AuditLog | undefined> {
  const { policyFile, logPath } = options;
  if (policyFile === "") {
    if (logPath !== "") log.warn({}, "--audit-log-path has no effect: nothing is audited without --audit-policy-file");
    return undefined;
  }
  if (logPath === "") {
    log.warn({}, "--audit-policy-file has no effect: nothing is audited without --audit-log-path");
    return undefined;
  }
  const policy = readAuditPolicy(await policyData(policyFile, readText));
  if (logPath === "-") {
    return {
      audit: { policy, sink: { write: (line) => void process.stdout.write(`${line}\n`) } },
      close: () => Promise.resolve(),
    };
  }
  const file = new RotatingFile({
    path: logPath,
    files,
    clock,
    log,
    maxBytes: options.maxSizeMegabytes * megabyte,
    maxBackups: options.maxBackups,
    maxAgeMs: options.maxAgeDays * dayMs,
  });
  return { audit: { policy, sink: file }, close: () => file.flush() };
}

async function policyData(path: string, readText: ReadText): Promise<unknown> {
  const text = await readText(path);
  // Loaded here, because few servers have a policy.
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch (cause) {
    throw new Error(`--audit-policy-file ${path} is neither YAML nor JSON: ${(cause as Error).message}`, { cause });
  }
}
