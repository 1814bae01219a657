import { defineConfig } from "tsup";

export default defineConfig({
  entry: { "metrics-server": "src/main.ts" },
  format: ["esm"],
  platform: "node",
  target: "node22",
  outDir: "bundle",
  dts: false,
  sourcemap: true,
  noExternal: [/.*/],
  // CommonJS dependencies (pino among them) call require() at run time.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  esbuildOptions(options) {
    options.conditions = ["kubemetrics-source"];
  },
});
