/** Answers `/healthz`, `/livez` and `/readyz`, and each check on its own path. */
import { goQuote } from "@kubemetrics/apimachinery";
import { parseQuery } from "@kubemetrics/authorization";
import type { Handler } from "./filter.ts";
import type { HealthCheck, HealthEndpoint } from "./health.ts";
import { textError, type Reply } from "./reply.ts";
import type { Log } from "./server-options.ts";

const plainText = { "content-type": "text/plain; charset=utf-8" };
const rootHeaders = { ...plainText, "x-content-type-options": "nosniff" };

/** Endpoint path or check path → handler. Answered from the first second: a check says what is not ready yet. */
export function healthHandlers(checks: readonly HealthCheck[], log: Log): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>();
  const reported = new FailureLog(log);
  for (const endpoint of ["healthz", "livez", "readyz"] as const) {
    const own = checks.filter((check) => check.endpoints.includes(endpoint));
    handlers.set(`/${endpoint}`, ({ info }) => all(endpoint, own, info.rawQuery, reported));
    for (const check of own) handlers.set(`/${endpoint}/${check.name}`, () => single(check, reported));
  }
  return handlers;
}

function all(endpoint: HealthEndpoint, checks: readonly HealthCheck[], rawQuery: string, reported: FailureLog): Reply {
  const query = parseQuery(rawQuery);
  const excluded = new Set(query.filter(([name]) => name === "exclude").map(([, value]) => value));
  const unknown = new Set(excluded);
  let lines = "";
  let hasFailed = false;
  for (const check of checks) {
    if (unknown.delete(check.name) || excluded.has(check.name)) {
      lines += `[+]${check.name} excluded: ok\n`;
      continue;
    }
    const failure = reported.run(check);
    hasFailed ||= failure !== undefined;
    lines += failure === undefined ? `[+]${check.name} ok\n` : `[-]${check.name} failed: reason withheld\n`;
  }
  if (unknown.size > 0) {
    const names = [...unknown].toSorted().map(goQuote).join(",");
    lines += `warn: some health checks cannot be excluded: no matches for ${names}\n`;
  }
  if (hasFailed) return textError(500, `${lines}${endpoint} check failed`);
  const text = query.some(([name]) => name === "verbose") ? `${lines}${endpoint} check passed\n` : "ok";
  return { status: 200, headers: rootHeaders, segments: [Buffer.from(text)] };
}

/** Behind authorization, so that the reason may be told. */
function single(check: HealthCheck, reported: FailureLog): Reply {
  const failure = reported.run(check);
  if (failure !== undefined) return textError(500, `internal server error: ${failure}`);
  return { status: 200, headers: plainText, segments: [Buffer.from("ok")] };
}

/** Logs a check once when it starts to fail and once when it recovers. */
class FailureLog {
  readonly #log: Log;
  readonly #failing = new Set<HealthCheck>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** A check that throws has failed. */
  run(check: HealthCheck): string | undefined {
    let failure: string | undefined;
    try {
      failure = check.check();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (failure !== undefined && !this.#failing.has(check)) {
      this.#failing.add(check);
      this.#log.warn({ check: check.name, reason: failure }, "health check fails");
    } else if (failure === undefined && this.#failing.delete(check)) {
      this.#log.info({ check: check.name }, "health check passes again");
    }
    return failure;
  }
}
