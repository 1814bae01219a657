/** Labels made ready for writing. */
import { MetricInvalid } from "./exposition-error.ts";

const plainLabelName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Labels as the bytes between the braces. Made once by `labelBlock` and written any number of times. */
export class LabelBlock {
  /** `a="b",c="d"`, without braces. */
  readonly bytes: Uint8Array;

  /** @internal */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/**
 * Encodes labels, in the order given.
 *
 * @throws MetricInvalid for an empty name, `__name__`, or text that is not Unicode
 */
export function labelBlock(labels: Readonly<Record<string, string>> | ReadonlyMap<string, string>): LabelBlock {
  const pairs = labels instanceof Map ? [...(labels as ReadonlyMap<string, string>)] : Object.entries(labels);
  return new LabelBlock(Buffer.from(pairs.map(([name, value]) => encodeLabel(name, value)).join(",")));
}

export const emptyBlock: LabelBlock = new LabelBlock(new Uint8Array(0));

/** `name="value"`. */
function encodeLabel(name: string, value: string): string {
  if (name === "" || name === "__name__") {
    throw new MetricInvalid("NAME", `a label cannot be named ${JSON.stringify(name)}; give it another name`);
  }
  if (!name.isWellFormed() || !value.isWellFormed()) {
    throw new MetricInvalid("NAME", `label ${JSON.stringify(name)} has half a surrogate pair; give it Unicode text`);
  }
  const key = plainLabelName.test(name) ? name : `"${escapeQuoted(name)}"`;
  return `${key}="${escapeQuoted(value)}"`;
}

/** The escapes inside quotes. */
export function escapeQuoted(text: string): string {
  return /[\\"\n]/.test(text)
    ? text.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`))
    : text;
}
