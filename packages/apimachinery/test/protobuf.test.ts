import { NotEncodable, protobufEnvelope, protobufEnvelopeParts, ProtobufWriter } from "@kubemetrics/apimachinery";
import fc from "fast-check";
import { expect, test } from "vitest";

type Field = readonly [field: number, value: bigint | Buffer];

/** Reads the fields of one message: varints and length-delimited values. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[position++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (position < bytes.length) {
    const tag = Number(varint());
    if (tag % 8 === 0) fields.push([tag >> 3, varint()]);
    else {
      const size = Number(varint());
      fields.push([tag >> 3, Buffer.from(bytes.subarray(position, position + size))]);
      position += size;
    }
  }
  return fields;
}

function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter(16);
  write(writer);
  return writer.finish();
}

test.each([
  ["", "0a00"],
  ["abc", "0a03616263"],
  ["ä", "0a02c3a4"],
  ["\ud800", "0a03efbfbd"],
])("the string %j is written as UTF-8, empty ones too", (text, hex) => {
  expect(Buffer.from(written((writer) => writer.string(1, text))).toString("hex")).toBe(hex);
});

test("strings of any content and length read back", () => {
  const anyChar = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
  const text = fc
    .tuple(fc.nat(200), fc.string({ unit: anyChar }), fc.nat(200))
    .map(([before, middle, after]) => "a".repeat(before) + middle + "z".repeat(after));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      const bytes = written((writer) => texts.forEach((value) => writer.string(3, value)));
      expect(fieldsOf(bytes).map(([field, value]) => [field, String(value)])).toEqual(
        texts.map((value) => [3, value.toWellFormed()]),
      );
    }),
    { numRuns: 200 },
  );
});

test.each([
  [0],
  [1],
  [127],
  [128],
  [2 ** 31],
  [2 ** 32],
  [2 ** 53 - 1],
  [-1],
  [-(2 ** 53 - 1)],
  [2n ** 63n - 1n],
  [-(2n ** 63n)],
])("the integer %s reads back", (value) => {
  const [field] = fieldsOf(written((writer) => writer.int(20, value)));
  expect(field?.[0]).toBe(20);
  expect(BigInt.asIntN(64, field?.[1] as bigint)).toBe(BigInt(value));
});

test.each([[0.5], [Number.NaN], [2 ** 53]])("the number %s is refused rather than cut", (value) => {
  expect(() => written((writer) => writer.int(1, value))).toThrow(NotEncodable);
});

test.each([[0], [1], [127], [128], [129], [16_383], [16_384], [70_000]])(
  "a message of %d bytes inside messages gets its length",
  (size) => {
    const raw = new Uint8Array(size).fill(7);
    const bytes = written((writer) => {
      const outer = writer.begin(1);
      const inner = writer.begin(2);
      writer.raw(raw);
      writer.end(inner);
      writer.bool(3, true);
      writer.end(outer);
    });
    const [outer] = fieldsOf(bytes);
    expect(fieldsOf(outer?.[1] as Buffer)).toEqual([
      [2, Buffer.from(raw)],
      [3, 1n],
    ]);
  },
);

test("a writer that was reset starts anew and leaves earlier results alone", () => {
  const writer = new ProtobufWriter();
  writer.string(1, "first");
  const first = writer.finish();
  writer.reset();
  writer.bytes(1, Uint8Array.of(1, 2));
  expect(writer.length).toBe(4);
  expect(Buffer.from(writer.finish()).toString("hex")).toBe("0a020102");
  expect(Buffer.from(first).toString()).toBe("\n\u0005first");
});

test("an envelope sent in parts is the envelope", () => {
  const raw = new Uint8Array(300).fill(1);
  const { head, tail } = protobufEnvelopeParts("metrics.k8s.io/v1", "NodeMetricsList", raw.length);
  const whole = protobufEnvelope("metrics.k8s.io/v1", "NodeMetricsList", raw);
  expect(Buffer.concat([head, raw, tail])).toEqual(Buffer.from(whole));
  expect(Buffer.from(whole.subarray(0, 4)).toString("latin1")).toBe("k8s\0");
});
