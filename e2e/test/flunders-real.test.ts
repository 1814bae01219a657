import { describe } from "vitest";
import { startFlundersOnRealCluster } from "../suites/flunders-cluster.ts";
import { flundersSuite } from "../suites/flunders.ts";
import { kubectls } from "../suites/kubectl.ts";

describe("kubectl and flunders behind the real kube-apiserver", async () => {
  flundersSuite(() => startFlundersOnRealCluster(), await kubectls());
});
