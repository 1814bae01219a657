/**
 * YAML text as sigs.k8s.io/yaml writes it: the bytes that upstream API servers send.
 *
 * @see go.yaml.in/yaml/v2 `encode.go`, `emitterc.go`, `resolve.go`, `sorter.go`
 */
import { goFloat } from "./go-float.ts";
import { goJsonNumber, NotEncodable } from "./go-json.ts";
import { YamlEmitter } from "./internal/yaml-emitter.ts";
import { compareYamlKeys } from "./internal/yaml-key-order.ts";
import { textForm } from "./internal/yaml-scalar-form.ts";

/**
 * A YAML document with a final newline. Accepts what `goJson` accepts and means the same values; keys are sorted in
 * go-yaml's natural order.
 *
 * Better than upstream in one thing: control characters (U+007F, U+0085 …) are escaped, where upstream refuses to answer
 * or changes the text.
 *
 * @throws NotEncodable for NaN, infinities, functions and symbols
 */
export function goYaml(value: unknown): string {
  const emitter = new YamlEmitter();
  emitNode(emitter, value, false);
  emitter.line();
  return emitter.text;
}

function emitNode(emitter: YamlEmitter, value: unknown, isMappingValue: boolean): void {
  switch (typeof value) {
    case "string": {
      const text = value.toWellFormed();
      return emitter.scalar(text, textForm(text).form, false);
    }
    case "number":
    case "bigint":
      return emitter.token(numberText(value));
    case "boolean":
      return emitter.token(value ? "true" : "false");
    case "undefined":
      return emitter.token("null");
    case "object":
      return value === null ? emitter.token("null") : emitObject(emitter, value, isMappingValue);
    default:
      throw new NotEncodable(`yaml: unsupported type: ${typeof value}`);
  }
}

function emitObject(emitter: YamlEmitter, value: object, isMappingValue: boolean): void {
  if ("toJSON" in value && typeof value.toJSON === "function") emitNode(emitter, value.toJSON(), isMappingValue);
  else if (Array.isArray(value)) emitSequence(emitter, value, isMappingValue);
  else emitMapping(emitter, value);
}

function emitSequence(emitter: YamlEmitter, elements: readonly unknown[], isMappingValue: boolean): void {
  if (elements.length === 0) return emitter.token("[]");
  emitter.deeper(!isMappingValue || emitter.onlyIndentation);
  for (const element of elements) {
    emitter.line();
    emitter.blockIndicator("-");
    emitNode(emitter, element, false);
  }
  emitter.outer();
}

function emitMapping(emitter: YamlEmitter, value: object): void {
  const members = membersOf(value);
  if (members.size === 0) return emitter.token("{}");
  emitter.deeper(true);
  for (const key of [...members.keys()].toSorted(compareYamlKeys)) {
    emitter.line();
    emitKey(emitter, key);
    emitNode(emitter, members.get(key), true);
  }
  emitter.outer();
}

/** Longer keys (in bytes) and keys with line breaks get a line of their own. */
const longestSimpleKey = 128;

function emitKey(emitter: YamlEmitter, key: string): void {
  const { form, multiline } = textForm(key);
  if (!multiline && Buffer.byteLength(key) <= longestSimpleKey) {
    emitter.scalar(key, form, true);
    emitter.keyEnd();
  } else {
    emitter.blockIndicator("?");
    emitter.scalar(key, form, false);
    emitter.line();
    emitter.blockIndicator(":");
  }
}

function membersOf(value: object): Map<string, unknown> {
  const members = new Map<string, unknown>();
  const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  for (const [key, member] of entries) if (member !== undefined) members.set(String(key).toWellFormed(), member);
  return members;
}

const smallest = -(2n ** 63n);
const beyond = 2n ** 64n;

/** Whole numbers within int64 and uint64 keep their digits; everything else is a float. */
function numberText(value: number | bigint): string {
  const text = typeof value === "bigint" ? value.toString() : goJsonNumber(value);
  if (/^-?\d+$/.test(text)) {
    const whole = BigInt(text);
    if (whole >= smallest && whole < beyond) return whole.toString();
  }
  return goFloat(Number(value));
}
