/** Splits a raw request target, as Go's HTTP server does before any handler sees it. */
import { TargetMalformed } from "../authorization-error.ts";
import { percentDecode } from "./percent.ts";

export interface RequestTarget {
  /** Decoded; `..`, repeated and trailing slashes are kept. */
  readonly path: string;
  /** After the first `?`, not decoded. */
  readonly rawQuery: string;
}

const scheme = /^[a-z][a-z0-9+.-]*:/i;
const authority = /^(?:[\w.~!$&'()*+,;=:%-]*@)?(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.%a-z~_-]*\])(?::\d*)?$/i;

/** @throws TargetMalformed for what Go answers 400 */
export function splitTarget(target: string): RequestTarget {
  if (target === "*") return { path: "*", rawQuery: "" };
  if (target === "" || hasControlCharacter(target)) throw malformed(target);
  const rest = target.charCodeAt(0) === 0x2f ? target : afterScheme(target);
  const question = rest.indexOf("?");
  const path = percentDecode(question < 0 ? rest : rest.slice(0, question), false);
  if (path === undefined) throw malformed(target);
  return { path, rawQuery: question < 0 ? "" : rest.slice(question + 1) };
}

/** Absolute form, `http://host/path`: the host is ignored, as upstream ignores it. */
function afterScheme(target: string): string {
  const prefix = scheme.exec(target)?.[0];
  if (prefix === undefined) throw malformed(target);
  const rest = target.slice(prefix.length);
  if (!rest.startsWith("/")) return rest.includes("?") ? rest.slice(rest.indexOf("?")) : "";
  if (!rest.startsWith("//")) return rest;
  const end = rest.slice(2).search(/[/?]/);
  const host = end < 0 ? rest.slice(2) : rest.slice(2, 2 + end);
  if (!authority.test(host)) throw malformed(target);
  return end < 0 ? "" : rest.slice(2 + end);
}

function hasControlCharacter(target: string): boolean {
  for (let at = 0; at < target.length; at++) {
    const code = target.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function malformed(target: string): TargetMalformed {
  return new TargetMalformed(`request target ${JSON.stringify(target.slice(0, 200))} is not a valid URL path`);
}
