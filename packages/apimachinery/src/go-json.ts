/**
 * JSON text as Go's encoder writes it: the bytes that upstream API servers send.
 *
 * Differs from `JSON.stringify`: `<`, `>`, `&`, U+2028 and U+2029 are escaped, maps and bigints are accepted.
 */
import { ApimachineryError } from "./apimachinery-error.ts";
import { goFloat } from "./go-float.ts";

/** A value has no JSON, YAML or protobuf form. */
export class NotEncodable extends ApimachineryError {
  static override readonly code: string = "NOT_ENCODABLE";
  override readonly name: string = "NotEncodable";
  override readonly code: string = NotEncodable.code;
}

const plainAscii = /^[ !#-%'-;=?-[\]-~]*$/;
/** Anything but: controls, `"`, `\`, `<`, `>`, `&`, U+2028, U+2029 and lone surrogates. */
const plain = /^[ !#-%'-;=?-[\]-\u{2027}\u{202a}-\u{d7ff}\u{e000}-\u{10ffff}]*$/u;
const escapedByGoOnly = /[<>&\u2028\u2029]/g;

/** One JSON text with its quotes. A lone surrogate becomes U+FFFD, as Go's decoder makes it. */
export function goJsonString(text: string): string {
  if (plainAscii.test(text) || plain.test(text)) return `"${text}"`;
  return JSON.stringify(text.toWellFormed()).replace(escapedByGoOnly, unicodeEscape);
}

/**
 * One JSON number in Go's float64 form, which is also JavaScript's but for -0.
 *
 * @throws NotEncodable for NaN and infinities
 */
export function goJsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new NotEncodable(`json: unsupported value: ${goFloat(value)}`);
  return Object.is(value, -0) ? "-0" : String(value);
}

/**
 * JSON text, compact by default, keys in the order given, no final newline.
 *
 * Accepts objects, maps with text keys (safe for keys such as `1`, which objects would move to the front), arrays,
 * bigints and objects with `toJSON`. Undefined members are left out; undefined elements are null.
 *
 * @param indent - spaces a level; Go's pretty form has 2
 * @throws NotEncodable for NaN, infinities, functions and symbols
 */
export function goJson(value: unknown, indent = 0): string {
  return encode(value, indent === 0 ? "" : " ".repeat(indent), indent === 0 ? "" : "\n");
}

function encode(value: unknown, step: string, line: string): string {
  switch (typeof value) {
    case "string":
      return goJsonString(value);
    case "number":
      return goJsonNumber(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return value.toString();
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : encodeObject(value, step, line);
    default:
      throw new NotEncodable(`json: unsupported type: ${typeof value}`);
  }
}

function encodeObject(value: object, step: string, line: string): string {
  if ("toJSON" in value && typeof value.toJSON === "function") return encode(value.toJSON(), step, line);
  if (Array.isArray(value)) return encodeList(value, step, line);
  const inner = line + step;
  const colon = step === "" ? ":" : ": ";
  let body = "";
  const add = (key: string, member: unknown): void => {
    if (member === undefined) return;
    body += `${body === "" ? "" : ","}${inner}${goJsonString(key)}${colon}${encode(member, step, inner)}`;
  };
  if (value instanceof Map) for (const [key, member] of value as Map<unknown, unknown>) add(String(key), member);
  else for (const key of Object.keys(value)) add(key, (value as Record<string, unknown>)[key]);
  return body === "" ? "{}" : `{${body}${line}}`;
}

function encodeList(elements: readonly unknown[], step: string, line: string): string {
  const inner = line + step;
  let body = "";
  for (const element of elements) body += `${body === "" ? "" : ","}${inner}${encode(element, step, inner)}`;
  return body === "" ? "[]" : `[${body}${line}]`;
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
