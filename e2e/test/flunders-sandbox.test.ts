import { describe } from "vitest";
import { startFlundersOnSandbox } from "../suites/flunders-cluster.ts";
import { flundersSuite } from "../suites/flunders.ts";
import { kubectls } from "../suites/kubectl.ts";

describe("kubectl and flunders in the sandbox", async () => {
  flundersSuite(startFlundersOnSandbox, await kubectls());
});
