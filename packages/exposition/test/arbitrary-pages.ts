/** Random pages for properties: well-formed ones, damaged ones, and noise made of the formats' own pieces. */
import fc from "fast-check";
import { PageInvalid } from "../src/index.ts";

const plainName = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
/** Unicode text. fast-check's own units for it take a second to set up. */
export function unicode(
  length: { readonly minLength?: number; readonly maxLength?: number } = {},
): fc.Arbitrary<string> {
  const character = fc.oneof(
    fc.constantFrom(...'ab \\"\n\t\r{}=,#'.split("")),
    fc.constantFrom("ü", "日", "😀", "\u0301", "\u2028", "\u0000"),
    fc.integer({ min: 0, max: 0x10f7ff }).map((point) => String.fromCodePoint(point < 0xd800 ? point : point + 0x800)),
  );
  return fc.array(character, { maxLength: 10, ...length }).map((characters) => characters.join(""));
}

const text = unicode({ maxLength: 12 });

export const number: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: -1000, max: 1_000_000 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    "0",
    "-0",
    "+1",
    ".5",
    "5.",
    "1e3",
    "1.5E-07",
    "NaN",
    "+Inf",
    "-Inf",
    "1.7954567917294424e+09",
    "0.000000001",
  ),
);

const timestamp = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 2 ** 48 }));

export function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? String.raw`\n` : `\\${character}`));
}

export interface Line {
  readonly labels: readonly (readonly [string, string])[];
  readonly value: string;
  readonly timestamp: number | undefined;
}

export const line: fc.Arbitrary<Line> = fc.record({
  labels: fc.uniqueArray(fc.tuple(plainName, text), { selector: ([name]) => name, maxLength: 4 }),
  value: number,
  timestamp,
});

export function lineText(name: string, { labels, value, timestamp: time }: Line): string {
  const block = labels.map(([label, of]) => `${label}="${escaped(of)}"`).join(",");
  return `${name}${block === "" ? "" : `{${block}}`} ${value}${time === undefined ? "" : ` ${time}`}`;
}

/** Pages of families `m0` … `m3`, each with metadata or without, in groups. */
export const page: fc.Arbitrary<string> = fc
  .array(
    fc.record({
      type: fc.constantFrom(undefined, "counter", "gauge", "untyped"),
      help: fc.option(fc.stringMatching(/^[a-z\\" ]{0,20}$/), { nil: undefined }),
      lines: fc.array(line, { maxLength: 6 }),
    }),
    { maxLength: 4 },
  )
  .map((families) =>
    families
      .map(({ type, help, lines }, index) => {
        const name = `m${index}`;
        return [
          ...(help === undefined ? [] : [`# HELP ${name} ${help}`]),
          ...(type === undefined ? [] : [`# TYPE ${name} ${type}`]),
          ...lines.map((each) => lineText(name, each)),
        ]
          .map((each) => `${each}\n`)
          .join("");
      })
      .join(""),
  );

/** A page with some bytes changed, removed or inserted. */
export const damagedPage: fc.Arbitrary<Buffer> = fc
  .tuple(
    page,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom("replace", "insert", "remove", "cut"),
        fc.constantFrom(...'\n\r\t "\\{}=,#0\0\u00ff'.split("")),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
  )
  .map(([whole, changes]) => {
    let bytes = Buffer.from(whole);
    for (const [position, change, character] of changes) {
      const at = bytes.length === 0 ? 0 : position % bytes.length;
      const inserted = change === "remove" || change === "cut" ? "" : character;
      const after = change === "cut" ? bytes.length : change === "insert" ? at : at + 1;
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted, "latin1"), bytes.subarray(after)]);
    }
    return bytes;
  });

/** Anything: random bytes, and the formats' own pieces in random order. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...'m0,m1,a,{,},=,",\\,\n,\r, ,\t,#,# HELP ,# TYPE ,# UNIT ,# EOF,# EOF\n,counter,histogram,le,_created,_total,1,.,e,-,NaN,Inf,\0'.split(
            ",",
          ),
          ",",
          ' # {a="b"} 1',
          'm0{a="b"} 1\n',
        ),
        unicode({ maxLength: 3 }),
      ),
      { maxLength: 30 },
    )
    .map((pieces) => Buffer.from(pieces.join(""), "utf8")),
  damagedPage,
);

/** What reading came to: the fault, if it is one a caller is promised. */
export function faultOf(read: () => unknown): PageInvalid | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof PageInvalid) return error;
    throw error;
  }
}
