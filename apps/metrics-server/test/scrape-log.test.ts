import { expect, test } from "vitest";
import { KubeletError, type PointSource, type ScrapeReport } from "@kubemetrics/kubelet";
import { ScrapeLog } from "../src/scrape-log.ts";
import { recordingLog } from "./running.ts";

function report(node: string, source: PointSource | undefined): ScrapeReport {
  const outcome =
    source === undefined
      ? { result: undefined, error: new KubeletError("TIMEOUT", "late", { node }) }
      : {
          result: { source, pageBytes: 1, containers: 1, rejected: 0, rejectedBy: {}, firstRejected: undefined },
          error: undefined,
        };
  return { node, startedMs: 0, durationMs: 1, waitedMs: 0, isRetry: false, ...outcome };
}

test("a node that is read from another source is named once, and once more when it is read from the first again", () => {
  const { log, lines } = recordingLog();
  const scrapes = new ScrapeLog({ ...log, debug: () => {} });
  const fallen = ["cadvisor", "cadvisor", undefined, "cadvisor"] as const;
  for (const source of fallen) scrapes.scraped(report("old", source));
  for (const source of ["resource", "resource", undefined] as const) scrapes.scraped(report("new", source));
  const missing =
    "the kubelet has no /metrics/resource (404): usage is read from /metrics/cadvisor, a larger page, until it has";
  const fell = { level: "info", fields: { node: "old", source: "cadvisor" }, message: missing };
  expect(lines).toStrictEqual([fell]);
  for (const source of ["resource", "resource"] as const) scrapes.scraped(report("old", source));
  const back = "the kubelet has /metrics/resource now: usage is read from there again";
  const rose = { level: "info", fields: { node: "old", source: "resource" }, message: back };
  expect(lines).toStrictEqual([fell, rose]);
});

test("a node that went and came back under its name is told about anew", () => {
  const { log, lines } = recordingLog();
  const scrapes = new ScrapeLog({ ...log, debug: () => {} });
  scrapes.scraped(report("old", "cadvisor"));
  scrapes.nodeGone("old");
  scrapes.scraped(report("old", "cadvisor"));
  expect(lines.map((line) => line.fields["source"])).toStrictEqual(["cadvisor", "cadvisor"]);
});
