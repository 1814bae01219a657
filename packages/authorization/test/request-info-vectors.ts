/** request-info.json: what becomes of a request line. */
import { same, type AreaBinding, type VectorCase } from "@kubemetrics/conformance";
import { parseRequestInfo, TargetIncomplete, TargetMalformed, type RequestInfo } from "@kubemetrics/authorization";

interface RequestInfoCase extends VectorCase {
  readonly method: string;
  readonly target: string;
  readonly malformed?: boolean;
  readonly err?: string;
  readonly ok?: Readonly<Record<string, unknown>>;
}

/** Node hands over the bytes of a request target as latin-1. */
export function asOnTheWire(target: string): string {
  return Buffer.from(target, "utf8").toString("latin1");
}

export const requestInfoBinding: AreaBinding = {
  area: "request-info",
  check(test) {
    const { method, target, malformed, err, ok } = test as RequestInfoCase;
    const expected = malformed === true ? { malformed } : err === undefined ? { ok } : { err };
    return same(expected, answer(method, asOnTheWire(target)));
  },
};

function answer(method: string, target: string): unknown {
  try {
    return { ok: recorded(parseRequestInfo(method, target)) };
  } catch (error) {
    if (error instanceof TargetMalformed) return { malformed: true };
    if (error instanceof TargetIncomplete) return { err: (error as Error).message };
    throw error;
  }
}

/** The recorded form: three fields always, the others when not empty. */
function recorded(info: RequestInfo): Readonly<Record<string, unknown>> {
  const { isResourceRequest, path, verb, parts, rawQuery: _raw, query: _query, ...texts } = info;
  const filled = Object.entries(texts).filter(([, text]) => text !== "");
  return { isResourceRequest, path, verb, ...(parts.length > 0 ? { parts } : {}), ...Object.fromEntries(filled) };
}
