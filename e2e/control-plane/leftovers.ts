/**
 * What a run may leave behind when it is killed, written down before it begins, so that the next run can put everything back.
 *
 * A killed run cannot clean up: its processes and mounts go with it (namespaces, parent-death signal), its state folder, empty cgroup
 * folders and the kernel settings that a kubelet changes do not.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { cacheFolder } from "./assets.ts";

/** Kernel settings that a kubelet changes for the whole machine: the business of runs that start one, since two runs may go on at once. */
const kernelSettings = ["kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory"];

/** Written before a run changes anything; removed when it has put everything back. */
export interface RunRecord {
  readonly pid: number;
  /** Start time of that process in clock ticks: a process that has the same number later is another one. */
  readonly startTicks: string;
  readonly stateFolder: string;
  readonly kernel: Readonly<Record<string, string>>;
  /** Name of this run's own cgroup: two runs at once must not clean up each other's pods. */
  readonly cgroup: string;
  /** Folders of the machine that this run makes. */
  readonly newFolders: readonly string[];
}

export interface Run extends Disposable {
  readonly record: RunRecord;
}

export interface MachinePaths {
  /** Default: `runs` in the cache. */
  readonly records?: string;
  /** Default `/proc/sys`. */
  readonly kernel?: string;
  /** Default `/sys/fs/cgroup`. */
  readonly cgroups?: string;
}

interface Paths extends Required<MachinePaths> {}

function withDefaults({ records, kernel = "/proc/sys", cgroups = "/sys/fs/cgroup" }: MachinePaths): Paths {
  return { records: records ?? join(cacheFolder(), "runs"), kernel, cgroups };
}

/**
 * Begins a run: mends what dead runs left, then records this one. Disposing mends this one.
 *
 * @param folders - folders of the machine that the run will make if they are not there; none: it starts no kubelet
 */
export function beginRun(folders: readonly string[], machine: MachinePaths = {}): Run {
  const paths = withDefaults(machine);
  mkdirSync(paths.records, { recursive: true });
  mendDeadRuns(machine);
  const record: RunRecord = {
    pid: process.pid,
    startTicks: startTicks(process.pid) ?? "",
    cgroup: `kubemetrics-e2e-${process.pid}`,
    stateFolder: mkdtempSync(join(tmpdir(), "kubemetrics-e2e-")),
    kernel: Object.fromEntries(
      (folders.length === 0 ? [] : kernelSettings).flatMap((name) => {
        const file = join(paths.kernel, name);
        return existsSync(file) ? [[name, readFileSync(file, "utf8").trim()]] : [];
      }),
    ),
    newFolders: folders.filter((folder) => !existsSync(folder)),
  };
  const file = join(paths.records, `${process.pid}.json`);
  // A record is whole or not there: another run may be reading them.
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
  return { record, [Symbol.dispose]: () => mend(file, record, paths) };
}

/** Puts back what runs left that are no longer there. Returns their state folders. */
export function mendDeadRuns(machine: MachinePaths = {}): string[] {
  const paths = withDefaults(machine);
  if (!existsSync(paths.records)) return [];
  const mended: string[] = [];
  for (const name of readdirSync(paths.records).filter((entry) => entry.endsWith(".json"))) {
    const file = join(paths.records, name);
    const record = readRecord(file);
    if (record === undefined || startTicks(record.pid) === record.startTicks) continue;
    mend(file, record, paths);
    mended.push(record.stateFolder);
  }
  return mended;
}

/** Undefined when the run has just ended; a record that cannot be read says nothing about what to mend, and goes. */
function readRecord(file: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as RunRecord;
  } catch (error) {
    if (error instanceof SyntaxError) rmSync(file, { force: true });
    else if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

/** The record goes last: interrupted, the next start does it again. */
function mend(file: string, record: RunRecord, paths: Paths): void {
  for (const [name, value] of Object.entries(record.kernel)) {
    const setting = join(paths.kernel, name);
    try {
      if (readFileSync(setting, "utf8").trim() !== value) writeFileSync(setting, value);
    } catch (error) {
      // A setting this user may not write was not changed by this user either.
      if (!["EACCES", "EROFS", "ENOENT", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  for (const folder of cgroupFolders(record.cgroup, paths.cgroups)) if (existsSync(folder)) removeEmptyFolders(folder);
  for (const folder of record.newFolders) if (existsSync(folder)) removeEmptyFolders(folder);
  if (basename(record.stateFolder).startsWith("kubemetrics-e2e-")) {
    rmSync(record.stateFolder, { recursive: true, force: true, maxRetries: 3 });
  }
  rmSync(file, { force: true });
}

/**
 * Where a cgroup of this name is: below every controller (version 1), or in the one tree (version 2). `cpu` may be a link to
 * `cpu,cpuacct`; each is named once.
 */
export function cgroupFolders(name: string, root = "/sys/fs/cgroup"): string[] {
  if (!existsSync(root)) return [];
  if (existsSync(join(root, "cgroup.controllers"))) return [join(root, name)];
  const controllers = readdirSync(root).map((controller) => realpathSync(join(root, controller)));
  return [...new Set(controllers)].map((controller) => join(controller, name));
}

/** Depth first; a folder that is in use stays. Files of a cgroup are the kernel's and go with their folder. */
function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!["EBUSY", "ENOTEMPTY", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Field 22 of `/proc/<pid>/stat`; undefined when there is no such process. */
function startTicks(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
