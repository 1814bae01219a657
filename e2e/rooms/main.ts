/**
 * Holds the code against the table "Rooms" in docs/architecture.md: what each room imports, what its package.json declares and what its
 * tsconfig.json references must be the same, and no more than the table allows. Part of `pnpm lint`.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const problems: string[] = [];

/** Room folder → names of the rooms of ours it may import; `undefined` means any. */
function allowedImports(): Map<string, ReadonlySet<string> | undefined> {
  const allowed = new Map<string, ReadonlySet<string> | undefined>();
  for (const line of readFileSync(join(root, "docs/architecture.md"), "utf8").split("\n")) {
    const [, room, , imports] = /^\| `((?:packages|apps)\/[\w-]+)` \| (.*?) \| (.*?) \|$/.exec(line) ?? [];
    if (room === undefined || imports === undefined) continue;
    const open = imports.startsWith("packages");
    allowed.set(room, open ? undefined : new Set(imports.split(/[,;] ?/).map((name) => name.replace(/ .*/, ""))));
  }
  return allowed;
}

function ownImports(folder: string): Set<string> {
  const found = new Set<string>();
  for (const file of globSync("src/**/*.ts", { cwd: folder })) {
    for (const match of readFileSync(join(folder, file), "utf8").matchAll(
      /(?:from|import\() ?"@kubemetrics\/([\w-]+)/g,
    )) {
      if (match[1] !== undefined) found.add(match[1]);
    }
  }
  return found;
}

function compare(room: string, what: string, listed: ReadonlySet<string>, imported: ReadonlySet<string>): void {
  for (const name of imported)
    if (!listed.has(name)) problems.push(`${room}: imports ${name}, which its ${what} does not list`);
  for (const name of listed)
    if (!imported.has(name)) problems.push(`${room}: its ${what} lists ${name}, which it never imports`);
}

const allowed = allowedImports();
for (const room of globSync(["packages/*", "apps/*"], { cwd: root }).toSorted()) {
  const folder = join(root, room);
  if (!existsSync(join(folder, "package.json"))) continue;
  if (!allowed.has(room)) {
    problems.push(`${room}: has no row in docs/architecture.md`);
    continue;
  }
  const imported = ownImports(folder);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  const dependencies = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith("@kubemetrics/"));
  compare(room, "package.json", new Set(dependencies.map((name) => name.slice("@kubemetrics/".length))), imported);
  const project = JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8").replaceAll(/^\s*\/\/.*$/gm, "")) as {
    references: { path: string }[];
  };
  compare(room, "tsconfig.json", new Set(project.references.map(({ path }) => path.replace(/^.*\//, ""))), imported);
  const may = allowed.get(room);
  if (may !== undefined) {
    for (const name of imported)
      if (!may.has(name)) problems.push(`${room}: imports ${name}; docs/architecture.md does not allow it`);
  }
}
for (const problem of problems) console.error(problem);
console.log(`rooms: ${allowed.size} rows, ${problems.length} problems`);
process.exitCode = problems.length > 0 || allowed.size === 0 ? 1 : 0;
