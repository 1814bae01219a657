import { describe } from "vitest";
import { kubectls } from "../suites/kubectl.ts";
import { kubectlTopSuite } from "../suites/kubectl-top.ts";
import { startSandboxCluster } from "../suites/sandbox-cluster.ts";

describe("kubectl against the sandbox", async () => {
  kubectlTopSuite(() => startSandboxCluster({ machine: {} }), await kubectls());
});
