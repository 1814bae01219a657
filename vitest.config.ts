import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["kubemetrics-source", "module", "node", "development|production"] } },
  test: {
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
          maxWorkers: 3,
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
