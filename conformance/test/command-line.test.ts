import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Ended {
  readonly status: number;
  readonly output: string;
}

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
let folder: string;
let bindings: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vectors-"));
  bindings = join(folder, "bindings.ts");
  writeFileSync(
    bindings,
    `const answer = (test: { in: number; out: number }) => (test.in * 2 === test.out ? undefined : { expected: test.out, actual: test.in * 2 });
    const rule = { name: "halves", reason: "for people", applies: (test: { in: number }) => test.in === 0.5, check: () => undefined };
    export const areas = [{ area: "doubling", check: answer, deviations: [rule] }];`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function vectors(files: Readonly<Record<string, unknown>>): Promise<Ended> {
  const cases = mkdtempSync(join(folder, "cases-"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(cases, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return run([cases, "--bindings", bindings]);
}

function run(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

const doubling = (...pairs: readonly (readonly [number, number])[]): object => ({
  area: "doubling",
  schema: {},
  cases: pairs.map(([given, out]) => ({ in: given, out })),
});

describe.concurrent("pnpm vectors", () => {
  it("ends with 0 when every case of a folder passes or is explained, and names areas nobody runs", async () => {
    const { status, output } = await vectors({
      "a.json": doubling([1, 2], [0.5, 3]),
      "b.json": { area: "halving", schema: {}, cases: [{ in: 1 }, { in: 2 }] },
    });
    expect(output.split("\n")).toEqual([
      "ok   doubling: 1 passed, 0 failed, 1 explained",
      "       deviation halves (1): for people",
      "areas that nobody runs yet: halving (2)",
      "vectors: 1 passed, 0 failed, 1 explained by deviations, 0 pending, 2 run by nobody yet",
      "",
    ]);
    expect(status).toBe(0);
  });

  it("ends with 1 and shows the first failing case when an answer is wrong", async () => {
    const { status, output } = await vectors({ "a.json": doubling([1, 2], [3, 7]) });
    expect(output).toContain(
      "FAIL doubling: 1 passed, 1 failed\n     - doubling-1\n         expected 7\n         actual   6\n",
    );
    expect(status).toBe(1);
  });

  it("does not fail for a rule that no case of a folder needs", async () => {
    const { status, output } = await vectors({ "a.json": doubling([1, 2]) });
    expect(output).toContain("ok   doubling: 1 passed, 0 failed\n");
    expect(status).toBe(0);
  });

  it("ends with 1 when nothing was run", async () => {
    const { status, output } = await vectors({});
    expect(output).toContain("no case was run");
    expect(status).toBe(1);
  });

  it.each([
    ["no JSON", "{", "not readable as JSON"],
    ["no vectors", { name: "package" }, 'is an object with "area" (text) and "cases" (list)'],
    ["a case that is no object", { area: "doubling", cases: [7] }, "doubling-0 is not an object"],
  ])("ends with 2 and names the file for %s", async (_name, content, message) => {
    const { status, output } = await vectors({ "a.json": content });
    expect(output).toContain("a.json");
    expect(output).toContain(message);
    expect(status).toBe(2);
  });

  it("ends with 2 for a folder that does not exist", async () => {
    const { status, output } = await run([join(folder, "nowhere"), "--bindings", bindings]);
    expect(output).toContain("vectors: no folder");
    expect(status).toBe(2);
  });
});
