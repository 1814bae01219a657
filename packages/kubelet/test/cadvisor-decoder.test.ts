import { describe, expect, test } from "vitest";
import { CadvisorDecoder, SummaryDecoder } from "../src/index.ts";
import { plain } from "./support/points.ts";

function line(family: "cpu" | "mem" | "start", labels: Record<string, string>, value: number, timeMs = 5_000): string {
  const name = {
    cpu: "container_cpu_usage_seconds_total",
    mem: "container_memory_working_set_bytes",
    start: "container_start_time_seconds",
  }[family];
  const block = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
  return `${name}{${block.join()}} ${value} ${timeMs}\n`;
}

const container = { container: "c", id: "/kubepods/a/1", image: "i", name: "1", namespace: "ns", pod: "p" };

function decode(lines: readonly string[], decoder = new CadvisorDecoder("n")): ReturnType<typeof plain> {
  return plain(decoder.decode(Buffer.from(lines.join("")), 0).points);
}

describe("rows that are no container are passed over", () => {
  test.each([
    ["the pod as a whole", { ...container, container: "", image: "", name: "" }],
    ["the pause container", { ...container, container: "" }],
    ["the pause container of dockershim", { ...container, container: "POD" }],
    ["a slice", { container: "", id: "/system.slice", image: "", name: "", namespace: "", pod: "" }],
    ["a container of nobody's pod", { ...container, namespace: "", pod: "" }],
  ])("%s", (_, labels) => {
    expect(decode([line("cpu", labels, 1), line("mem", labels, 2)])).toEqual(new Map());
  });
});

test("the root cgroup is the node", () => {
  const root = { container: "", id: "/", image: "", name: "", namespace: "", pod: "" };
  expect(decode([line("cpu", { ...root, cpu: "total" }, 7), line("mem", root, 2)]).get("")).toMatchObject({
    cpuNs: 7e9,
    memoryBytes: 2,
    timeMs: 5_000,
  });
});

test("a line per processor is summed up", () => {
  const lines = ["cpu00", "cpu01", "cpu02"].map((cpu, at) => line("cpu", { ...container, cpu }, at + 1));
  expect(decode([...lines, line("mem", container, 2)]).get("ns/p/c")?.cpuNs).toBe(6e9);
});

describe("of two instances of a container", () => {
  const old = { ...container, id: "/kubepods/a/0", name: "0" };

  test.each([
    ["the one that started later counts", 100, 200, 5_000, 5_000],
    ["the one read later counts when starts are unknown", Number.NaN, Number.NaN, 4_000, 5_000],
  ])("%s", (_, oldStart, start, oldTime, time) => {
    const lines = [
      line("cpu", old, 9, oldTime),
      line("cpu", container, 1, time),
      line("mem", old, 90),
      line("mem", container, 10),
      ...(Number.isNaN(start) ? [] : [line("start", old, oldStart), line("start", container, start)]),
    ];
    for (const order of [lines, lines.toReversed()]) {
      expect(decode(order).get("ns/p/c")).toMatchObject({ cpuNs: 1e9, memoryBytes: 10 });
    }
  });
});

test("restarts again and again leave nothing behind", () => {
  const decoder = new CadvisorDecoder("n");
  for (let restart = 0; restart < 300; restart++) {
    const labels = { ...container, id: `/kubepods/a/${restart}`, name: String(restart) };
    const points = decode([line("cpu", { ...labels, cpu: "total" }, restart), line("mem", labels, 2)], decoder);
    expect(points.get("ns/p/c")?.cpuNs).toBe(restart * 1e9);
    expect(points.size).toBe(1);
  }
});

describe("a summary", () => {
  const summary = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

  test("with holes gives what is there", () => {
    const page = summary({
      node: { cpu: null, memory: { workingSetBytes: 5 }, swap: { swapUsageBytes: 3 } },
      pods: [
        null,
        { podRef: { name: "p" } },
        { podRef: { name: "p", namespace: "n" }, containers: null },
        {
          podRef: { name: "q", namespace: "n" },
          "ephemeral-storage": { usedBytes: 77 },
          containers: [
            {
              name: "c",
              startTime: "2026-01-01T00:00:00Z",
              cpu: { usageCoreNanoSeconds: 9 },
              memory: { workingSetBytes: -1 },
            },
            { name: "d", cpu: { time: "2026-01-01T00:00:05Z", usageCoreNanoSeconds: 9 }, swap: { swapUsageBytes: 4 } },
            {},
          ],
        },
      ],
    });
    const decoded = new SummaryDecoder("n").decode(page, 1_234);
    expect(plain(decoded.points)).toEqual(
      new Map([
        ["n/q/c", { cpuNs: 9, memoryBytes: Number.NaN, timeMs: 1_234, startMs: Date.UTC(2026, 0, 1) }],
        ["n/q/d", { cpuNs: 9, memoryBytes: Number.NaN, timeMs: Date.UTC(2026, 0, 1, 0, 0, 5), startMs: Number.NaN }],
      ]),
    );
    expect(decoded.rejectedBy).toEqual({ "labels-missing": 2, "value-range": 1 });
    expect(decoded).toMatchObject({
      nodeSwapBytes: 3,
      ephemeralStorage: [{ namespace: "n", pod: "q", usedBytes: 77 }],
    });
    expect([...decoded.swapBytes]).toEqual([Number.NaN, 4]);
  });

  test.each([
    ["no JSON", "<html>"],
    ["another object", '{"kind":"Status"}'],
    ["a list", "[]"],
    ["null", "null"],
  ])("that is %s is refused", (_, text) => {
    const decode = (): unknown => new SummaryDecoder("n").decode(Buffer.from(text), 0);
    expect(decode).toThrow(expect.objectContaining({ code: "NOT_METRICS" }) as Error);
  });
});
