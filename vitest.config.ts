import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** End-to-end suites that take long, the longest first: begun last, one of them would be waited for alone. */
const longSuites = [
  "kubectl-go-metrics-server-real",
  "failure-modes-at-start-real",
  "attacks-memory",
  "faulty-kubelets-sandbox",
  "flunders-real",
  "go-metrics-server-real",
  "authorization-real",
  "failure-modes-while-running-real",
  "aggregated-server-real",
];

/** The suites on a real node go by name: each finds the server deployed as the one before left it. */
class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isOnNode = files.some(({ project }) => project.name === "node");
    if (isOnNode) return sorted.toSorted((one, other) => (one.moduleId < other.moduleId ? -1 : 1));
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const at = longSuites.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return at < 0 ? longSuites.length : at;
}

export default defineConfig({
  ssr: { resolve: { conditions: ["kubemetrics-source", "module", "node", "development|production"] } },
  test: {
    sequence: { sequencer: Sequencer },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{packages,apps,examples}/*/test/**/*.test.ts", "conformance/test/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/test/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 900_000,
          // Mostly waiting, on two cores as well.
          maxWorkers: 4,
        },
      },
      {
        extends: true,
        // For the global setup, which `ssr` does not reach.
        environments: {
          __vitest__: { resolve: { conditions: ["kubemetrics-source", "module", "node", "development|production"] } },
        },
        test: {
          // In namespaces of its own: `pnpm e2e node`.
          name: "node",
          include: ["e2e/node/**/*.test.ts"],
          globalSetup: ["e2e/node/setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
