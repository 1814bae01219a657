import { expect, test } from "vitest";
import fc from "fast-check";
import { KubeAnswerInvalid } from "@kubemetrics/kube";
import { Lines } from "../src/internal/lines.ts";

test("however the bytes are cut, the lines are the same", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.array(fc.nat(40)), (texts, cuts) => {
      const lines = texts.map((text) => text.replaceAll("\n", ""));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const reader = new Lines(1_000_000);
      const read: string[] = [];
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        read.push(...reader.push(bytes.subarray(from, from + cut)));
        from += cut;
      }
      expect(read).toStrictEqual(lines.map((line) => Buffer.from(line).toString()).filter((line) => line !== ""));
    }),
    { numRuns: 200 },
  );
});

test("a line without an end is refused at the limit, not kept for ever", () => {
  const reader = new Lines(10);
  const push = (text: string): string[] => [...reader.push(Buffer.from(text))];
  expect(push("12345")).toStrictEqual([]);
  expect(push("67890")).toStrictEqual([]);
  expect(() => push("1")).toThrow(KubeAnswerInvalid);
});
