import { expect, test } from "vitest";
import { createLog } from "../src/log.ts";

function written(format: "text" | "json", verbosity: number): string[] {
  const lines: string[] = [];
  const log = createLog({ format, verbosity }, (line) => lines.push(line));
  log.debug({ node: "n" }, "seen");
  log.info({ port: 1 }, "serving");
  log.warn({ reason: 'a "b"' }, "trouble");
  log.error({}, "end");
  return lines;
}

test("text lines begin with level and time, and end with the fields", () => {
  expect(written("text", 0).map((line) => line.replace(/\d{4}-\d\d-\d\dT\S+Z/, "<time>"))).toStrictEqual([
    "I <time> serving port=1\n",
    'W <time> trouble reason="a \\"b\\""\n',
    "E <time> end\n",
  ]);
});

test("JSON lines are one object each", () => {
  const lines = written("json", 0).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ ts, ...rest }) => ({ ...rest, isTimed: typeof ts === "string" }))).toStrictEqual([
    { level: "info", port: 1, msg: "serving", isTimed: true },
    { level: "warn", reason: 'a "b"', msg: "trouble", isTimed: true },
    { level: "error", msg: "end", isTimed: true },
  ]);
});

test("from level 4 on, what goes right is told too", () => {
  expect(written("text", 3)).toHaveLength(3);
  expect(written("text", 4)).toHaveLength(4);
});
