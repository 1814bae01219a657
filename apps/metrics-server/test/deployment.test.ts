/** The manifest that clusters apply. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readCommandLine } from "@kubemetrics/metrics-server";

interface Deployment {
  readonly spec: {
    readonly minReadySeconds?: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
  };
}

const file = new URL("../../../deploy/metrics-server/base/deployment.yaml", import.meta.url);
const { spec } = parse(await readFile(file, "utf8")) as Deployment;
const { options, warnings } = readCommandLine(spec.template.spec.containers[0]?.args ?? []);

test("its arguments are flags that have an effect", () => {
  expect(warnings).toStrictEqual([]);
});

test("the pod before stays until the new one has scraped every node twice: ready is the first node's usage", () => {
  const secondScrapeMs = 1.1 * options.metricResolutionMs;
  expect((spec.minReadySeconds ?? 0) * 1000).toBeGreaterThanOrEqual(secondScrapeMs);
});
