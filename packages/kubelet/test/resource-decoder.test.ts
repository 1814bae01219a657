import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KubeletError, NameTable, PointColumns, ResourceDecoder } from "../src/index.ts";
import { plain, resourcePage, type PlainPoint } from "./support/points.ts";

describe("identities", () => {
  test("stay the same objects and rows from page to page", () => {
    const decoder = new ResourceDecoder("n");
    const first = [
      ...decoder.decode(
        resourcePage([
          ["a/p/c", 1, 1, 1],
          ["a/p/d", 1, 1, 1],
        ]),
        0,
      ).points.containers,
    ];
    const second = decoder.decode(
      resourcePage([
        ["a/p/c", 2, 1, 2],
        ["a/p/d", 2, 1, 2],
        ["a/q/c", 2, 1, 2],
      ]),
      0,
    ).points;
    expect(second.containers[0]).toBe(first[0]);
    expect(second.containers[1]).toBe(first[1]);
    expect(second.containers[2]).toEqual({ namespace: "a", pod: "q", container: "c" });
  });

  test("keep their row while the container is away, with nothing reported", () => {
    const decoder = new ResourceDecoder("n");
    decoder.decode(
      resourcePage([
        ["a/p/c", 1, 1, 1],
        ["a/q/c", 1, 1, 1],
      ]),
      0,
    );
    const { points } = decoder.decode(resourcePage([["a/q/c", 2, 1, 2]]), 0);
    expect(points.size).toBe(2);
    expect([...plain(points).keys()]).toEqual(["a/q/c"]);
    expect([...plain(decoder.decode(resourcePage([["a/p/c", 3, 1, 3]]), 0).points).keys()]).toEqual(["a/p/c"]);
  });

  test("of containers long gone are given up, so that a node with short-lived pods does not grow", () => {
    const decoder = new ResourceDecoder("n");
    let largest = 0;
    for (let job = 0; job < 500; job++) {
      const { points } = decoder.decode(
        resourcePage([
          ["a/stays/c", job, 1, job],
          [`a/job-${job}/c`, 1, 1, job],
        ]),
        0,
      );
      largest = Math.max(largest, points.size);
      expect(plain(points).get("a/stays/c")?.cpuNs).toBe(job * 1e9);
      expect(plain(points).get(`a/job-${job}/c`)?.cpuNs).toBe(1e9);
    }
    expect(largest).toBeLessThan(32);
  });

  test("do not depend on the order of labels", () => {
    const page = Buffer.from(
      'container_cpu_usage_seconds_total{pod="p",namespace="a",container="c"} 1 5\n' +
        'container_memory_working_set_bytes{container="c",namespace="a",pod="p"} 7 5\n',
    );
    const { points } = new ResourceDecoder("n").decode(page, 0);
    expect(plain(points)).toEqual(new Map([["a/p/c", { cpuNs: 1e9, memoryBytes: 7, timeMs: 5, startMs: Number.NaN }]]));
  });

  test("share strings among nodes", () => {
    const shared = { columns: new PointColumns(), names: new NameTable() };
    const one = new ResourceDecoder("one", shared).decode(resourcePage([["name/p/c", 1, 1, 1]]), 0).points.containers;
    const two = new ResourceDecoder("two", shared).decode(resourcePage([["name/q/c", 1, 1, 1]]), 0).points.containers;
    expect([one[0]?.pod, two[0]?.pod]).toEqual(["p", "q"]);
  });
});

describe("a page that is none", () => {
  test.each([
    ["HTML", "<html><body>login</body></html>\n"],
    ["a Status", '{"kind":"Status","status":"Failure"}\n'],
    ["zeros", "\0\0\0\0\n"],
    ["one line without its end", "container_cpu_usage_seconds_total{conta"],
  ])("is refused as a whole: %s", (_, text) => {
    const decode = (): unknown => new ResourceDecoder("node-7").decode(Buffer.from(text), 0);
    expect(decode).toThrow(KubeletError);
    expect(decode).toThrow(/^node "node-7": \/metrics\/resource is no page of metrics, it begins /);
  });

  test.each([
    ["nothing", ""],
    ["other metrics", "foo 1\n"],
    ["comments", "# EOF\n"],
  ])("is not %s", (_, text) => {
    const { points, rejected } = new ResourceDecoder("n").decode(Buffer.from(text), 0);
    expect([plain(points).size, rejected]).toEqual([0, 0]);
  });
});

test("what was left out is counted by reason, and the first of it named", () => {
  const page = Buffer.concat([
    resourcePage([["a/p/c", Number.NaN, 5, 1]], [1, 1, 1]),
    Buffer.from('container_cpu_usage_seconds_total{pod="p"} 1 5\nnode_cpu_usage_seconds_total one\nfoo{ 1\n'),
  ]);
  const { points, rejectedBy, rejected, firstRejected } = new ResourceDecoder("n").decode(page, 0);
  expect(rejectedBy).toEqual({ "value-range": 1, "labels-missing": 1, value: 1, labels: 1 });
  expect(rejected).toBe(4);
  expect(firstRejected).toBe("line 11 (value)");
  expect(plain(points).get("a/p/c")).toMatchObject({ cpuNs: Number.NaN, memoryBytes: 5 });
});

test.each([
  [253_402_300_799_999, {}],
  [253_402_300_800_000, { "timestamp-range": 1 }],
])(
  "a reading at %s ms is usable while clients can read its time: RFC 3339 ends with year 9999",
  (timeMs, rejectedBy) => {
    const page = Buffer.from(`node_cpu_usage_seconds_total 1 ${timeMs}\nnode_memory_working_set_bytes 1 1\n`);
    expect(new ResourceDecoder("n").decode(page, 0).rejectedBy).toEqual(rejectedBy);
  },
);

test("start times keep the nanoseconds that Go's conversion gives", () => {
  const { points } = new ResourceDecoder("n").decode(resourcePage([["a/p/c", 1, 1, 1, 1.7954568463901234e9]]), 0);
  const startNs = BigInt(points.startMs[0]!) * 1_000_000n + BigInt(points.startNanos[0]!);
  expect(startNs).toBe(BigInt(Math.trunc(1.7954568463901234e9 * 1e9)));
});

describe("any bytes", () => {
  const pieces = fc.constantFrom(
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "node_cpu_usage_seconds_total 1 2\n",
    '{container="c",namespace="n",pod="p"}',
    '{pod="p"',
    '"',
    "\\",
    "{",
    "}",
    " 1",
    " -1",
    " NaN",
    " 1e400",
    " 99999999999999999999",
    "\n",
    "# TYPE ",
    "# HELP x\n",
    "\u{1F600}",
    "\uFFFD",
  );
  const page = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(pieces, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(""))),
  );

  const pointsOrRefusal = (decoder: ResourceDecoder, bytes: Buffer): PlainPoint[] => {
    try {
      return [...plain(decoder.decode(bytes, 7).points).values()];
    } catch (error) {
      if (error instanceof KubeletError && error.code === "NOT_METRICS") return [];
      throw error;
    }
  };

  test("give counters and times, or a typed error", () => {
    fc.assert(
      fc.property(fc.array(page, { maxLength: 4 }), (pages) => {
        const decoder = new ResourceDecoder("n");
        for (const bytes of pages) {
          const values = pointsOrRefusal(decoder, bytes).flatMap((point) => Object.values(point) as number[]);
          expect(values.filter((value) => !Number.isNaN(value) && !(value >= 0 && Number.isInteger(value)))).toEqual(
            [],
          );
        }
      }),
      { numRuns: 400 },
    );
  });
});
