import { describe, expect, it } from "vitest";
import { bar, sparkline } from "../src/glyphs.ts";
import { Screen } from "../src/screen.ts";
import { UsageHistory } from "../src/usage-history.ts";
import type { UsageReading } from "../src/usage-reading.ts";
import { usageTables } from "../src/usage-table.ts";

const mebibyte = 1024 * 1024;
const reading: UsageReading = {
  nodes: [
    {
      name: "a",
      usage: { millicores: 500, bytes: 100 * mebibyte },
      allocatableMillicores: 1000,
      allocatableBytes: 1024 * mebibyte,
    },
    { name: "b", usage: undefined, allocatableMillicores: 1000, allocatableBytes: 1024 * mebibyte },
  ],
  pods: [
    { namespace: "shop", name: "idle", usage: { millicores: 1, bytes: 2.9 * mebibyte } },
    { namespace: "shop", name: "busy", usage: { millicores: 400, bytes: 20 * mebibyte } },
    { namespace: "data", name: "half", usage: { millicores: 200, bytes: 0 } },
  ],
};

describe("bars", () => {
  it.each([
    [0, "    "],
    [1, "████"],
    [0.5, "██  "],
    [0.53, "██▏ "],
    [2, "████"],
    [-1, "    "],
    [Number.NaN, "    "],
  ])("%f", (share, expected) => expect(bar(share, 4)).toBe(expected));
});

describe("lines", () => {
  it("go from zero to the highest value and stand at the right", () => {
    expect(sparkline([0, 50, 100], 5)).toBe("  ▁▅█");
  });

  it("show the newest values, and a gap where none was", () => {
    expect(sparkline([9, 1, undefined, 1], 3)).toBe("█ █");
    expect(sparkline([], 3)).toBe("   ");
    expect(sparkline([0, 0], 3)).toBe(" ▁▁");
  });
});

describe("tables", () => {
  it("print numbers as kubectl does, and the busiest pods first", () => {
    expect(usageTables(reading, { nodeRows: 9, podRows: 9, columns: Infinity })).toEqual([
      "NAME   CPU(cores)   CPU(%)                     MEMORY(bytes)   MEMORY(%)",
      "a      500m         50%         ██████         100Mi           9%",
      "b      <unknown>    <unknown>                  <unknown>       <unknown>",
      "",
      "NAMESPACE   NAME   CPU(cores)                  MEMORY(bytes)",
      "shop        busy   400m         ████████████   20Mi",
      "data        half   200m         ██████         0Mi",
      "shop        idle   1m                          2Mi",
    ]);
  });

  it("count what does not fit", () => {
    const lines = usageTables(reading, { nodeRows: 1, podRows: 1, columns: Infinity });
    expect(lines).toContain("… and 1 more nodes");
    expect(lines).toContain("… and 2 more pods");
  });

  it("draw a line of the past beside each name", () => {
    const history = new UsageHistory(3);
    const later = { ...reading, pods: [{ ...reading.pods[0]!, usage: { millicores: 2, bytes: 0 } }] };
    history.add(reading);
    history.add(later);
    const lines = usageTables(later, { history, nodeRows: 9, podRows: 9, columns: Infinity });
    expect(lines.find((line) => line.includes("idle"))).toMatch(/ ▅█$/);
    expect(history.pod("shop", "busy")).toEqual([400, undefined]);
    history.add(later);
    history.add(later);
    expect(history.pod("shop", "busy")).toEqual([]);
    expect(history.node("a")).toEqual([500, 500, 500]);
  });
});

describe("tables on a terminal", () => {
  const history = new UsageHistory(60);
  const wide: UsageReading = {
    ...reading,
    pods: [{ namespace: "kube-system", name: "metrics-server", usage: { millicores: 9, bytes: 0 } }],
  };
  for (let second = 0; second < 60; second++) history.add(wide);
  const draw = (columns: number): readonly string[] => {
    const screen = new Screen({ isTTY: true, columns, rows: 0, write: () => true });
    return usageTables(wide, { history, nodeRows: 9, podRows: 9, columns: screen.columns });
  };
  const pictures = (line: string | undefined): number[] =>
    (line?.match(/[▁-█]+/g) ?? []).map((picture) => picture.length);

  it.each([
    { columns: 80, node: [3, 11], pod: [6, 11] },
    { columns: 120, node: [6, 20], pod: [12, 20] },
    { columns: 0, node: [3, 11], pod: [6, 11] },
    { columns: 66, node: [6], pod: [6] },
    { columns: 60, node: [], pod: [] },
  ])("fit $columns columns", ({ columns, node, pod }) => {
    const lines = draw(columns);
    expect([pictures(lines[1]), pictures(lines[5])]).toEqual([node, pod]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns || 80);
  });

  it("take 80 columns and 24 rows for a size that is not known", () => {
    const screen = new Screen({ isTTY: true, columns: 0, rows: 0, write: () => true });
    expect([screen.columns, screen.rows]).toEqual([80, 24]);
    expect(draw(0)).toEqual(draw(80));
  });
});

describe("the screen", () => {
  const record = (size: { isTTY: boolean; rows?: number; columns?: number }) => {
    const written: string[] = [];
    return { written, output: { ...size, write: (text: string) => written.push(text) } };
  };

  it("draws in place on a terminal, no longer and no wider than it is, and gives it back", () => {
    const { written, output } = record({ isTTY: true, rows: 3, columns: 4 });
    const screen = new Screen(output);
    screen.draw(["123456", "b", "c"]);
    screen.draw(["x"]);
    screen[Symbol.dispose]();
    expect(written[0]).toBe("\u001b[?1049h\u001b[?25l\u001b[H1234\u001b[K\nb\u001b[K\n\u001b[J");
    expect(written[1]).toBe("\u001b[Hx\u001b[K\n\u001b[J");
    expect(written[2]).toBe("\u001b[?25h\u001b[?1049l");
  });

  it("writes plain text to anything else", () => {
    const { written, output } = record({ isTTY: false });
    const screen = new Screen(output);
    screen.draw(["a", "b"]);
    screen[Symbol.dispose]();
    expect(written).toEqual(["a\nb\n\n"]);
  });
});
