/**
 * `pnpm bench <name>`: runs `bench/src/<name>.ts`, prints its figures and writes `bench/results/<name>.json`.
 *
 * Exit status: 0 when every goal was reached, 1 when one was missed or an answer was wrong, 2 when there is no such bench.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { type BenchModule, figuresText } from "./harness.ts";

const folder = new URL(".", import.meta.url);
const benches = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts" && file !== "harness.ts")
  .map((file) => file.slice(0, -".ts".length));
const [name] = process.argv.slice(2);
if (name === undefined || !benches.includes(name)) {
  console.error(`bench: give one of: ${benches.join(", ")}`);
  process.exit(2);
}

const { run } = (await import(new URL(`${name}.ts`, folder).href)) as BenchModule;
console.log(`${name}: Node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}`);
const figures = await run();
console.log(figuresText(figures));
const results = new URL("../results/", import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(new URL(`${name}.json`, results), `${JSON.stringify(figures, undefined, 2)}\n`);
process.exitCode = figures.every(({ ok }) => ok) ? 0 : 1;
