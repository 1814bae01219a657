import { UsageStore } from "@kubemetrics/usage";
import type * as usage from "@kubemetrics/usage";
import { expectTypeOf, test } from "vitest";
import type { NodePoints, PointSink } from "../src/index.ts";

test("the usage store takes what decoders make", () => {
  expectTypeOf<NodePoints>().toExtend<usage.NodePoints>();
  expectTypeOf<usage.NodePoints>().toExtend<NodePoints>();
  expectTypeOf<UsageStore>().toExtend<PointSink>();
});
