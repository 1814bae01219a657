/** Time from starting the demo to its first complete table: a cold start as after cloning, and the starts after it. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { boundFigure, type Figure } from "./harness.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const warmRuns = 5;

export async function run(): Promise<readonly Figure[]> {
  rmSync(`${root}/node_modules/.cache/kubemetrics-demo`, { recursive: true, force: true });
  const cold = await secondsToTable();
  const warm: number[] = [];
  for (let n = 0; n < warmRuns; n++) warm.push(await secondsToTable());
  const sorted = warm.toSorted((one, other) => one - other);
  return [
    boundFigure({ figure: "first start to the first complete table", unit: "s", ours: cold }, null),
    boundFigure({ figure: "start to the first complete table, median", unit: "s", ours: sorted[warmRuns >> 1]! }, 3),
    boundFigure({ figure: "start to the first complete table, least", unit: "s", ours: sorted[0]! }, null),
  ];
}

/** Starts `demo --once` and stops the clock when the first line of the table is there; then checks the whole table. */
function secondsToTable(): Promise<number> {
  const started = performance.now();
  const demo = spawn(
    process.execPath,
    ["--conditions=kubemetrics-source", "--disable-warning=ExperimentalWarning", "apps/demo/src/main.ts", "--once"],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  let seconds: number | undefined;
  demo.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (seconds === undefined && text.includes("CPU(cores)")) seconds = (performance.now() - started) / 1000;
  });
  demo.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    demo.on("error", reject);
    demo.on("close", (code) => {
      const nodes = text.match(/^node-\d+ +\d+m +\d+% .*\d+Mi +\d+%$/gm)?.length ?? 0;
      const isWhole = code === 0 && nodes === 3 && text.includes("numbers of all 4 nodes");
      if (isWhole && seconds !== undefined) resolve(seconds);
      else reject(new Error(`the demo ended with status ${code} and ${nodes} of 3 simulated nodes:\n${text}`));
    });
  });
}
