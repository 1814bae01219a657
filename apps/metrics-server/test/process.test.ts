import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { version } from "@kubemetrics/metrics-server";
import { runCommand } from "../src/command.ts";
import { Opened, request, until } from "./running.ts";

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runCommand(args, {
    environment: {},
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    signalled: Promise.resolve("SIGTERM"),
  });
  return { code, out, err };
}

test("--version prints the version of the package", async () => {
  expect(await run("--version")).toStrictEqual({ code: 0, out: `v${version}\n`, err: "" });
  const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(version).toBe(manifest.version);
});

test("--help prints the sections to standard output", async () => {
  const { code, out, err } = await run("--help");
  expect({ code, err }).toStrictEqual({ code: 0, err: "" });
  expect(out).toContain("Usage:\n  metrics-server [flags]\n");
  expect(out).toContain("\nApiserver audit log flags:\n");
});

test("a wrong command line ends with 1 and all its mistakes", async () => {
  const { code, out, err } = await run("--metric-resolution=x", "--nope");
  expect({ code, out }).toStrictEqual({ code: 1, out: "" });
  expect(err.split("\n")).toStrictEqual([
    '--metric-resolution="x" must be a duration with a unit, such as 15s, 500ms or 1m30s',
    "unknown flag --nope",
    "",
    "metrics-server --help shows all flags.",
    "",
  ]);
});

test("no configuration ends with 1 and one line that says what is missing", async () => {
  const { code, err } = await run("--secure-port=0", "--cert-dir=");
  expect(code).toBe(1);
  expect(err).toMatch(/^E \S+ no in-cluster configuration: KUBERNETES_SERVICE_HOST is not set; .*\n$/);
});

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** The program over a sandbox of one node, with its log as JSON. */
async function started(opened: Opened): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  const sandbox = await opened.sandbox({ nodes: 1 });
  const folder = await opened.folder();
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, sandbox.metricsServerAccount().kubeconfig);
  const args = [
    "--conditions=kubemetrics-source",
    "--disable-warning=ExperimentalWarning",
    main,
    `--kubeconfig=${kubeconfig}`,
    "--secure-port=0",
    "--bind-address=127.0.0.1",
    `--cert-dir=${folder}`,
    "--metric-resolution=1s",
    "--kubelet-preferred-address-types=InternalIP",
    "--kubelet-use-node-status-port",
    "--logging-format=json",
    "--profiling=true",
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  opened.add(async () => void child.kill("SIGKILL"));
  return child;
}

test("it serves, warns once about flags without effect, and ends with 0 on SIGTERM", async () => {
  await using opened = new Opened();
  const child = await started(opened);
  let [out, err] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (err += text.toString()));
  const exited = once(child, "close");
  const lines = (): Record<string, unknown>[] =>
    err
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await until(() => lines().some((line) => line["msg"] === "ready"));
  const { port } = lines().find((line) => line["msg"] === "serving") as { port: number };
  expect((await request(`https://127.0.0.1:${port}/readyz`, { rejectUnauthorized: false })).status).toBe(200);
  child.kill("SIGTERM");
  expect(await exited).toStrictEqual([0, null]);
  expect(lines().filter((line) => line["level"] !== "info")).toMatchObject([
    {
      level: "warn",
      msg: "--profiling has no effect: no profiles are served (upstream parses this flag and never applies it)",
    },
  ]);
  expect(lines().at(-1)).toMatchObject({ level: "info", msg: "ended" });
  expect(out).toBe("");
});

test("it goes on, and ends with 0, when nobody reads its log any more", async () => {
  await using opened = new Opened();
  const child = await started(opened);
  const exited = once(child, "exit");
  await once(child.stderr, "data");
  child.stderr.destroy();
  await once(child.stderr, "close");
  child.kill("SIGTERM");
  expect(await exited).toStrictEqual([0, null]);
});
