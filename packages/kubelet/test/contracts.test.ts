import { UsageStore } from "@kubemetrics/usage";
import type * as usage from "@kubemetrics/usage";
import { expect, expectTypeOf, test } from "vitest";
import { ResourceDecoder, type NodePoints, type PointSink } from "../src/index.ts";

test("the usage store takes what decoders make", () => {
  expectTypeOf<NodePoints>().toExtend<usage.NodePoints>();
  expectTypeOf<usage.NodePoints>().toExtend<NodePoints>();
  expectTypeOf<UsageStore>().toExtend<PointSink>();
});

function resourcePage(containers: readonly string[], atSeconds: number): Buffer {
  const lines = containers.flatMap((name) => {
    const [pod, container] = name.split("/");
    const labels = `{container="${container}",namespace="shop",pod="${pod}"}`;
    return [
      `container_cpu_usage_seconds_total${labels} ${atSeconds} ${atSeconds * 1000}`,
      `container_memory_working_set_bytes${labels} 1e+07 ${atSeconds * 1000}`,
      `container_start_time_seconds${labels} 1000`,
    ];
  });
  return Buffer.from(`${lines.join("\n")}\n`);
}

test.each([4, 60, 500])("a pod stays whole while a kubelet finds its containers again, beside %i others", (others) => {
  const rest = Array.from({ length: others }, (_, at) => `other-${at}/app`);
  let atSeconds = 2_000;
  const store = new UsageStore({ resolutionMs: 15_000, clock: () => atSeconds * 1000 });
  const decoder = new ResourceDecoder("node-1");
  const pages = [
    ...[1, 2].map(() => ["web/app", "web/sidecar", ...rest]),
    ...[1, 2].map(() => ["web/sidecar", ...rest.slice(0, 4)]),
    ["web/app", "web/sidecar", ...rest],
  ];
  const served = pages.map((containers) => {
    store.commit("node-1", decoder.decode(resourcePage(containers, atSeconds), atSeconds * 1000).points);
    const pod = store.pod("shop", "web");
    const answer = pod && [(pod.timeMs - 2_000_000) / 1000, ...pod.containers.map(({ name }) => name)];
    atSeconds += 15;
    return answer;
  });
  const whole = ["app", "sidecar"];
  expect(served).toEqual([undefined, [15, ...whole], [15, ...whole], [15, ...whole], [60, ...whole]]);
});
