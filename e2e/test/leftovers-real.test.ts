/** A killed run leaves only what the next one puts back. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  beginRun,
  cgroupFolders,
  mendDeadRuns,
  type MachinePaths,
  type RunRecord,
} from "../control-plane/leftovers.ts";
import { missingForNode } from "../control-plane/node-requirements.ts";
import { eventually } from "../suites/metrics-server-process.ts";

const root = resolve(import.meta.dirname, "../..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leftovers-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function runNode(script: string, args: readonly string[] = []): ChildProcess {
  const flags = ["--conditions=kubemetrics-source", "--disable-warning=ExperimentalWarning"];
  return spawn(
    process.execPath,
    [...flags, ...(script.endsWith(".ts") ? [script] : ["--input-type=module-typescript", "-e", script]), ...args],
    {
      cwd: root,
      env: { ...process.env, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((exited) => child.once("exit", exited));
  child.kill("SIGKILL");
  await gone;
}

/** Processes whose command line names this test's folder. */
function processesOfTest(): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return line.includes(folder) ? [line.slice(0, 120)] : [];
    } catch {
      return [];
    }
  });
}

describe("the record of a run", () => {
  let machine: Required<MachinePaths>;
  beforeEach(() => {
    machine = { records: join(folder, "runs"), kernel: join(folder, "kernel"), cgroups: join(folder, "cgroups") };
    for (const path of ["kernel/kernel", "kernel/vm", "cgroups/cpu", "cgroups/memory"])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(machine.kernel, "kernel/panic"), "0\n");
    writeFileSync(join(machine.kernel, "vm/overcommit_memory"), "0\n");
  });
  /** What a kubelet does to a machine. */
  const useMachine = (record: RunRecord): void => {
    writeFileSync(join(machine.kernel, "kernel/panic"), "10\n");
    writeFileSync(join(machine.kernel, "vm/overcommit_memory"), "1\n");
    mkdirSync(join(machine.cgroups, "cpu", record.cgroup, "kubepods/burstable/pod1"), { recursive: true });
    mkdirSync(join(folder, "var/lib/kubelet/device-plugins"), { recursive: true });
    writeFileSync(join(record.stateFolder, "etcd"), "state");
  };
  const leftBy = (record: RunRecord): object => ({
    panic: readFileSync(join(machine.kernel, "kernel/panic"), "utf8").trim(),
    overcommit: readFileSync(join(machine.kernel, "vm/overcommit_memory"), "utf8").trim(),
    cgroups: readdirSync(join(machine.cgroups, "cpu")),
    folders: [join(folder, "var/lib/kubelet"), record.stateFolder].filter((path) => existsSync(path)),
    records: readdirSync(machine.records),
  });
  const nothing = { panic: "0", overcommit: "0", cgroups: [], folders: [], records: [] };

  it("a run that ends puts everything back", () => {
    const run = beginRun([join(folder, "var/lib/kubelet")], machine);
    useMachine(run.record);
    run[Symbol.dispose]();
    expect(leftBy(run.record)).toEqual(nothing);
  });

  it("a run that starts no kubelet leaves the kernel's settings to one that does", () => {
    const run = beginRun([], machine);
    const other = beginRun([join(folder, "var/lib/kubelet")], machine);
    useMachine(other.record);
    run[Symbol.dispose]();
    expect(readFileSync(join(machine.kernel, "vm/overcommit_memory"), "utf8").trim()).toBe("1");
    other[Symbol.dispose]();
    expect(leftBy(other.record)).toEqual(nothing);
  });

  it("a run that is killed is put back by the next start; one that lives is left alone", () => {
    const run = beginRun([join(folder, "var/lib/kubelet")], machine);
    useMachine(run.record);
    expect(mendDeadRuns(machine)).toEqual([]);
    expect(existsSync(run.record.stateFolder)).toBe(true);
    // The same number, another process: the record's own is gone.
    const file = join(machine.records, `${process.pid}.json`);
    writeFileSync(file, JSON.stringify({ ...run.record, startTicks: "1" }));
    expect(mendDeadRuns(machine)).toEqual([run.record.stateFolder]);
    expect(leftBy(run.record)).toEqual(nothing);
  });

  it("a record that was cut off goes, and one that is being written is left alone", () => {
    mkdirSync(machine.records, { recursive: true });
    writeFileSync(join(machine.records, "1.json"), "");
    writeFileSync(join(machine.records, "2.json.new"), '{"pid":');
    expect(mendDeadRuns(machine)).toEqual([]);
    expect(readdirSync(machine.records)).toEqual(["2.json.new"]);
  });
});

it("SIGKILL of a runner ends etcd and kube-apiserver with it", async () => {
  const script = `
    import { startControlPlane } from ${JSON.stringify(join(root, "e2e/control-plane/start.ts"))};
    const plane = await startControlPlane();
    console.log(plane.folder);
    setInterval(() => {}, 1000);`;
  const child = runNode(script);
  const state = await new Promise<string>((line) =>
    child.stdout!.once("data", (text: Buffer) => line(text.toString().trim())),
  );
  expect(state).toContain(folder);
  expect(processesOfTest().length).toBeGreaterThanOrEqual(2);
  await killed(child);
  await eventually(
    "its processes end",
    async () => (await Promise.resolve(processesOfTest())).length === 0 || undefined,
    5_000,
  );
  expect(existsSync(state)).toBe(true);
});

const missing = missingForNode();
if (missing.length > 0) console.log(`e2e: a killed run on a real node is not tried: ${missing.join("; ")}`);

it.skipIf(missing.length > 0)(
  "SIGKILL of a run on a real node: its processes, mounts and links go with it, and the next start mends the rest",
  async () => {
    const setting = "/proc/sys/vm/overcommit_memory";
    const machines = readFileSync(setting, "utf8");
    writeFileSync(setting, "0");
    try {
      const child = runNode(join(root, "e2e/run.ts"), ["node", "--testNamePattern", "matches no test"]);
      child.stdout!.resume();
      // The kubelet has changed the machine by the time its first pods could run.
      await eventually(
        "the kubelet runs",
        async () => (await Promise.resolve(readFileSync(setting, "utf8").trim() === "1")) || undefined,
        60_000,
      );
      await killed(child);
      await eventually(
        "its processes end",
        async () => (await Promise.resolve(processesOfTest())).length === 0 || undefined,
        5_000,
      );
      expect(readFileSync("/proc/mounts", "utf8")).not.toContain(folder);
      expect(existsSync("/sys/class/net/kmnode0")).toBe(false);
      expect(cgroupFolders(`kubemetrics-e2e-${child.pid}`).filter((path) => existsSync(path))).not.toEqual([]);
      const left = readdirSync(folder).filter((name) => name.startsWith("kubemetrics-e2e-"));
      expect(left).toHaveLength(1);

      expect(mendDeadRuns()).toContain(join(folder, left[0] ?? ""));
      expect(readFileSync(setting, "utf8").trim()).toBe("0");
      expect(readdirSync(folder)).not.toContain(left[0]);
      expect(cgroupFolders(`kubemetrics-e2e-${child.pid}`).filter((path) => existsSync(path))).toEqual([]);
    } finally {
      writeFileSync(setting, machines);
    }
  },
);
