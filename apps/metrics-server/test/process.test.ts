import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { version } from "@kubemetrics/metrics-server";
import { Opened, request, until } from "./running.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Child {
  readonly process: ChildProcess;
  readonly output: { out: string; err: string };
  readonly exited: Promise<number | null>;
}

function start(args: readonly string[]): Child {
  const child = spawn(
    process.execPath,
    ["--conditions=kubemetrics-source", "--disable-warning=ExperimentalWarning", main, ...args],
    {
      env: { PATH: process.env["PATH"] },
    },
  );
  const output = { out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => (output.out += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output.err += text.toString()));
  return { process: child, output, exited: once(child, "close").then(([code]) => code as number | null) };
}

describe.concurrent("the process", () => {
  test("--version prints the version of the package", async () => {
    const { output, exited } = start(["--version"]);
    expect(await exited).toBe(0);
    expect(output).toStrictEqual({ out: `v${version}\n`, err: "" });
    const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(version).toBe(manifest.version);
  });

  test("--help prints the sections to standard output", async () => {
    const { output, exited } = start(["--help"]);
    expect(await exited).toBe(0);
    expect(output.err).toBe("");
    expect(output.out).toContain("Usage:\n  metrics-server [flags]\n");
    expect(output.out).toContain("\nApiserver audit log flags:\n");
  });

  test("a wrong command line ends with 1 and all its mistakes", async () => {
    const { output, exited } = start(["--metric-resolution=x", "--nope"]);
    expect(await exited).toBe(1);
    expect(output.out).toBe("");
    expect(output.err.split("\n")).toStrictEqual([
      '--metric-resolution="x" must be a duration with a unit, such as 15s, 500ms or 1m30s',
      "unknown flag --nope",
      "",
      "metrics-server --help shows all flags.",
      "",
    ]);
  });

  test("no configuration ends with 1 and one line that says what is missing", async () => {
    const { output, exited } = start(["--secure-port=0", "--cert-dir="]);
    expect(await exited).toBe(1);
    expect(output.err).toMatch(/^E \S+ no in-cluster configuration: KUBERNETES_SERVICE_HOST is not set; .*\n$/);
  });

  test("it serves, warns once about flags without effect, and ends with 0 on SIGTERM", async () => {
    await using opened = new Opened();
    const sandbox = await opened.sandbox({ nodes: 1 });
    const folder = await opened.folder();
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, sandbox.metricsServerAccount().kubeconfig);
    const child = start([
      `--kubeconfig=${kubeconfig}`,
      "--secure-port=0",
      "--bind-address=127.0.0.1",
      `--cert-dir=${folder}`,
      "--metric-resolution=1s",
      "--kubelet-preferred-address-types=InternalIP",
      "--kubelet-use-node-status-port",
      "--logging-format=json",
      "--profiling=true",
    ]);
    opened.add(async () => void child.process.kill("SIGKILL"));
    const lines = (): Record<string, unknown>[] =>
      child.output.err
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await until(() => lines().some((line) => line["msg"] === "ready"));
    const { port } = lines().find((line) => line["msg"] === "serving") as { port: number };
    expect((await request(`https://127.0.0.1:${port}/readyz`, { rejectUnauthorized: false })).status).toBe(200);
    child.process.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(lines().filter((line) => line["level"] !== "info")).toMatchObject([
      {
        level: "warn",
        msg: "--profiling has no effect: no profiles are served (upstream parses this flag and never applies it)",
      },
    ]);
    expect(lines().at(-1)).toMatchObject({ level: "info", msg: "ended" });
    expect(child.output.out).toBe("");
  });
});
