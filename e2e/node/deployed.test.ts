/** metrics-server as users deploy it, with real containers: the assertions of upstream's end-to-end suite, each able to fail. */
import { parseQuantity } from "@kubemetrics/quantity";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiClient } from "../control-plane/api-client.ts";
import { access, apply, clientOf, deployMetricsServer, kubectl, loadContainer, loadPod, podUsage } from "./cluster.ts";

let api: ApiClient;
const pods = ["cpu-consumer", "memory-consumer", "init-container", "sidecar", "restartable-init"];
beforeAll(async () => {
  api = clientOf();
  await apply(
    loadPod("cpu-consumer", { main: ["cpu", "50"] }),
    loadPod("memory-consumer", { main: ["mem", "50"] }),
    loadPod("init-container", { main: ["cpu", "20"] }, { initContainers: [loadContainer("init", ["exit", "0", "3"])] }),
    loadPod("sidecar", { main: ["cpu", "20"], side: ["mem", "20"] }),
    loadPod(
      "restartable-init",
      { main: ["cpu", "20"] },
      { initContainers: [{ ...loadContainer("proxy", ["mem", "20"]), restartPolicy: "Always" }] },
    ),
  );
  await deployMetricsServer();
  await kubectl("wait", "--for=condition=Ready", "pod", ...pods, "--timeout=60s");
});
afterAll(async () => {
  await kubectl("delete", "pod", ...pods, "--wait=false");
  await api[Symbol.asyncDispose]();
});

const nanocores = (text: string): number => parseQuantity(text).scaledValue(-9);

describe("usage", () => {
  it("x", async () => {
    console.log(await kubectl("top", "pods", "-A", "--containers"));
  });
});
