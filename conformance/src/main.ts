/**
 * `pnpm vectors [folder] [area …]`: replays every vector file of a folder against an implementation.
 *
 * The implementation is found by path, never imported: every `test/vectors.ts` of the workspace's packages and apps
 * (or the modules given with `--bindings <file>`) exports `areas`, a list of area bindings.
 *
 * Exit status: 0 when every answer is as recorded or explained by a rule, 1 when one is not, no case was run, or a rule explains no case of
 * the bundled files (those of another folder may hold fewer cases), 2 when folder or files cannot be used.
 */
import { existsSync, globSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { AreaBinding } from "./binding.ts";
import { hasFailed, reportText } from "./report-text.ts";
import { runArea } from "./run-area.ts";
import { bundledVectors, readVectorFolder, type VectorFile, VectorFileInvalid } from "./vector-file.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { bindings: { type: "string", multiple: true }, failures: { type: "string", default: "5" } },
});
const [folder = bundledVectors, ...wanted] = positionals;
if (!existsSync(folder)) {
  console.error(
    `vectors: no folder ${JSON.stringify(folder)}; give a folder of vector files, or none for the bundled ones`,
  );
  process.exit(2);
}
const modules = values.bindings ?? globSync(["packages/*/test/vectors.ts", "apps/*/test/vectors.ts"]).toSorted();
const bindings: AreaBinding[] = [];
for (const path of modules) {
  const loaded = (await import(pathToFileURL(resolve(path)).href)) as { areas?: readonly AreaBinding[] };
  if (loaded.areas === undefined) throw new Error(`${path}: a bindings module exports "areas"`);
  bindings.push(...loaded.areas);
}

const allowIdleRules = resolve(folder) !== resolve(bundledVectors);
const totals = { passed: 0, failed: 0, explained: 0, pending: 0, uncovered: 0 };
const nobody: string[] = [];
for (const file of filesOf(folder)) {
  if (wanted.length > 0 && !wanted.includes(file.area)) continue;
  if (!bindings.some((binding) => binding.area === file.area)) {
    nobody.push(`${file.area} (${file.cases.length})`);
    totals.uncovered += file.cases.length;
    continue;
  }
  const report = await runArea(file, bindings, { allowIdleRules });
  console.log(reportText(report, Number(values.failures)));
  totals.passed += report.passed;
  totals.failed += report.failed.length + report.idle.length;
  totals.explained += [...report.explained.values()].reduce((sum, cases) => sum + cases, 0);
  totals.pending += [...report.pending.values()].reduce((sum, cases) => sum + cases, 0);
  totals.uncovered += report.uncovered;
  if (hasFailed(report)) process.exitCode = 1;
}
if (nobody.length > 0) console.log(`areas that nobody runs yet: ${nobody.join(", ")}`);
if (totals.passed + totals.failed === 0) {
  console.error("vectors: no case was run");
  process.exitCode = 1;
}
console.log(
  `vectors: ${totals.passed} passed, ${totals.failed} failed, ${totals.explained} explained by deviations, ` +
    `${totals.pending} pending, ${totals.uncovered} run by nobody yet`,
);

function filesOf(path: string): readonly VectorFile[] {
  try {
    return readVectorFolder(path);
  } catch (error) {
    if (!(error instanceof VectorFileInvalid)) throw error;
    console.error(`vectors: ${error.message}`);
    process.exit(2);
  }
}
