/**
 * `pnpm image <app> [--output <file>] [--name <image>]`: writes an OCI image of an app as a tar, without any container engine.
 *
 * The image holds the Node runtime this project pins with the shared libraries it needs from this machine (glibc), and the app's bundle;
 * it runs as uid 1000 and needs no writable root. Linux only. Run `pnpm build` first: the bundle is what is packed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ociImage, type ImageEntry } from "./oci-image.ts";

const root = resolve(import.meta.dirname, "../..");

/** Entries of an image that runs `node /app/<app>.js`. */
export function appImage(app: string, name: string): Buffer {
  const bundle = join(root, "apps", app, "bundle");
  if (!existsSync(join(bundle, `${app}.js`)))
    throw new Error(`no bundle of ${app} in ${bundle}; run \`pnpm build\` first, or check the app's name`);
  const node = realpathSync(process.execPath);
  const files = [
    { path: "usr/local/bin/node", content: readFileSync(node), mode: 0o755 },
    ...bundleFiles(bundle, `${app}.js`).map((file) => ({
      path: `app/${file}`,
      content: readFileSync(join(bundle, file)),
    })),
    // The bundle is an ES module.
    { path: "app/package.json", content: Buffer.from('{"type":"module"}\n') },
    { path: "etc/passwd", content: Buffer.from("root:x:0:0::/:/sbin/nologin\nnode:x:1000:1000::/app:/sbin/nologin\n") },
    ...sharedLibraries(node).map((path) => ({ path: path.slice(1), content: readFileSync(path), mode: 0o755 })),
  ];
  return ociImage({
    name,
    entries: [...folders(files), ...files],
    entrypoint: [
      "/usr/local/bin/node",
      "--max-semi-space-size=4",
      "--no-allocation-site-pretenuring",
      `/app/${app}.js`,
    ],
    user: "1000:1000",
    workingDirectory: "/app",
    environment: ["NODE_ENV=production", "MALLOC_ARENA_MAX=1"],
    labels: { "org.opencontainers.image.title": app, "org.opencontainers.image.licenses": "Apache-2.0" },
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
  });
}

/** The bundle and the parts that it imports, directly or not; what an earlier build left beside them stays out. */
function bundleFiles(folder: string, entry: string): string[] {
  const files = new Set([entry]);
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const part of readdirSync(folder)) {
      if (part.endsWith(".js") && text.includes(`./${part}`)) files.add(part);
    }
  }
  return [...files];
}

/** The loader and the libraries that `ldd` names, by the paths the program looks them up with. */
function sharedLibraries(program: string): string[] {
  const listed = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => (path === undefined ? [] : [path]));
}

/** Parent folders first, each once. */
function folders(files: readonly ImageEntry[]): ImageEntry[] {
  const paths = new Set<string>(["tmp/"]);
  for (const file of files) {
    for (let folder = dirname(file.path); folder !== "."; folder = dirname(folder)) paths.add(`${folder}/`);
  }
  return [...paths].toSorted().map((path) => ({ path, mode: path === "tmp/" ? 0o1777 : 0o755 }));
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { output: { type: "string" }, name: { type: "string" } },
  });
  const [app] = positionals;
  if (app === undefined) throw new Error("usage: pnpm image <app> [--output <file>] [--name <image>]");
  const name = values.name ?? `localhost/${app}:dev`;
  const output = values.output ?? `${app}.tar`;
  const image = appImage(app, name);
  writeFileSync(output, image);
  console.log(`${basename(output)}: ${name}, ${(image.length / 1e6).toFixed(0)} MB`);
}
