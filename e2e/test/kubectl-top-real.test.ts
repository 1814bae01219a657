import { describe } from "vitest";
import { kubectls } from "../suites/kubectl.ts";
import { kubectlTopSuite } from "../suites/kubectl-top.ts";
import { startRealCluster } from "../suites/real-cluster.ts";

describe("kubectl against the real kube-apiserver", async () => {
  kubectlTopSuite(() => startRealCluster(), await kubectls());
});
