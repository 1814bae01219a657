import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "demo-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the demo as its user does. `onOutput` sees everything written so far and may send signals. */
async function demo(
  args: readonly string[],
  onOutput?: (out: string, kill: (signal: NodeJS.Signals) => void) => void,
  nodeFlags: readonly string[] = [],
): Promise<Run> {
  const child = spawn(process.execPath, [
    "--conditions=kubemetrics-source",
    "--disable-warning=ExperimentalWarning",
    ...nodeFlags,
    main,
    ...args,
  ]);
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    onOutput?.(out, (signal) => child.kill(signal));
  });
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, error };
}

/** Process numbers of those with this text in an argument. */
function processesWith(argument: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(argument);
      } catch {
        return false;
      }
    });
}

describe("demo", () => {
  it.concurrent("--once prints one table with every node and pod, leaves with 0 and leaves nothing behind", async () => {
    const dir = join(folder, "once");
    const { code, out, error } = await demo(["--once", "--nodes", "2", "--pods", "3", "--dir", dir]);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(/numbers of all 3 nodes and 8 pods, through the aggregator/);
    const table = out.split("\n\n");
    expect(
      table[1]!
        .split("\n")
        .slice(1)
        .map((line) => line.split(/\s+/)[0])
        .slice(0, 2),
    ).toEqual(["node-001", "node-002"]);
    expect(table[1]).not.toContain("<unknown>");
    expect(table[2]!.trim().split("\n")).toHaveLength(9);
    expect(table[2]).toMatch(/^kube-system +metrics-server +\d+m/m);
    expect(table[2]).toMatch(/^kube-system +sandbox +\d+m/m);
    expect(existsSync(dir)).toBe(false);
  });

  it.concurrent("shows tables until it is asked to leave, with a kubeconfig that only its user can read", async () => {
    const dir = join(folder, "live");
    let mode = 0;
    let config = "";
    const { code, out, error } = await demo(["--nodes", "1", "--pods", "1", "--dir", dir], (text, kill) => {
      if (config !== "" || !text.includes("NAMESPACE")) return;
      mode = statSync(join(dir, "kubeconfig")).mode & 0o777;
      config = readFileSync(join(dir, "kubeconfig"), "utf8");
      kill("SIGINT");
    });
    expect([code, error]).toEqual([0, ""]);
    expect(mode).toBe(0o600);
    const url = /server: (\S+)/.exec(config)?.[1];
    expect(out).toContain(`cluster at ${url}`);
    for (const command of ["top nodes", "top pods -A --containers --sum", "get --raw /apis/metrics.k8s.io/v1/nodes"]) {
      expect(out).toContain(`kubectl --kubeconfig ${join(dir, "kubeconfig")} ${command}`);
    }
    expect(out).toMatch(/The cluster is gone, and its files with it\.\n$/);
    expect(existsSync(dir)).toBe(false);
    await expect(fetch(url!)).rejects.toThrow("fetch failed");
  });

  it.concurrent("says that its port is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const { code, out, error } = await demo(["--port", String(port), "--dir", join(folder, "taken")]);
    taken.close();
    expect([code, out]).toEqual([1, ""]);
    expect(error).toBe(
      `port ${port} of 127.0.0.1 is in use by another program; stop that program, or choose another port (0 lets the system choose)\n`,
    );
    expect(existsSync(join(folder, "taken"))).toBe(false);
  });

  it.concurrent("says that it cannot use its folder", async () => {
    writeFileSync(join(folder, "file"), "");
    const { code, error } = await demo(["--once", "--dir", join(folder, "file", "inside")]);
    expect(code).toBe(1);
    expect(error).toMatch(
      /file\/inside cannot hold the demo's kubeconfig: .*; run the demo in a folder of your own, or choose another with --dir\n$/,
    );
  });

  it.concurrent("says that no folder can be made there", { skip: process.platform !== "linux" }, async () => {
    const { code, error } = await demo(["--once", "--dir", "/proc/demo"]);
    expect(code).toBe(1);
    expect(error).toMatch(/^\/proc\/demo cannot hold the demo's kubeconfig: /);
  });

  it.concurrent("says what metrics-server said last when that ends before it serves", async () => {
    // Node's own flags reach metrics-server too; there, this ends the process before the program begins.
    const source = 'if (/metrics-server/.test(process.argv[1])) { console.error("no memory left"); process.exit(3); }';
    const dir = join(folder, "ended");
    const preload = `--import=data:text/javascript,${encodeURIComponent(source)}`;
    const { code, error } = await demo(["--once", "--nodes", "1", "--dir", dir], undefined, [preload]);
    expect([code, error]).toEqual([1, "metrics-server ended (code 3). It said:\nno memory left\n"]);
    expect(existsSync(dir)).toBe(false);
  });

  it.concurrent(
    "leaves no process behind when it is told twice to leave while it starts",
    { skip: process.platform !== "linux" },
    // Its own `expect`: tests that run at once share the other one, which then no longer knows whose turn it is.
    async ({ expect }) => {
      const dir = join(folder, "twice");
      let started: readonly number[] = [];
      const { code } = await demo(["--nodes", "1", "--dir", dir], (text, kill) => {
        if (!text.includes("cluster at ") || started.length > 0) return;
        // metrics-server is started right after this line, and takes a second to listen.
        const waiting = setInterval(() => {
          started = processesWith(join(dir, "metrics-server.kubeconfig"));
          if (started.length === 0) return;
          clearInterval(waiting);
          kill("SIGINT");
          setTimeout(() => kill("SIGTERM"), 20);
        }, 5);
      });
      expect([code, started.length]).toEqual([1, 1]);
      await expect.poll(() => processesWith(join(dir, "metrics-server.kubeconfig"))).toEqual([]);
    },
  );

  it.concurrent(
    "leaves no process behind when it is killed",
    { skip: process.platform !== "linux" },
    async ({ expect }) => {
      const dir = join(folder, "killed");
      let started: readonly number[] = [];
      const { code } = await demo(["--nodes", "1", "--dir", dir], (text, kill) => {
        if (!text.includes("NAMESPACE") || started.length > 0) return;
        started = processesWith(join(dir, "metrics-server.kubeconfig"));
        kill("SIGKILL");
      });
      expect([code, started.length]).toEqual([null, 1]);
      await expect.poll(() => processesWith(join(dir, "metrics-server.kubeconfig")), { timeout: 10_000 }).toEqual([]);
    },
  );

  it.concurrent("says what is wrong with its arguments", async () => {
    const { code, error } = await demo(["--nodes", "few"]);
    expect([code, error]).toEqual([2, '--nodes is "few"; it must be a whole number from 0 to 5000\n']);
  });
});
