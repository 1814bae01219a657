/**
 * What the operating system says about this computer and its processes: `/proc` on Linux, `ps` and node:os elsewhere.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, freemem, totalmem, uptime } from "node:os";
import { promisify } from "node:util";

export interface MachineUsage {
  /** Busy CPU seconds of all processors since the machine started. */
  readonly cpuSeconds: number;
  /** Memory that could not be given to others without swapping. */
  readonly workingSetBytes: number;
}

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly workingSetBytes: number;
  /** Epoch milliseconds. */
  readonly startMs: number;
}

export interface OperatingSystem {
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** When the machine started, epoch milliseconds. */
  readonly startMs: number;
  machine(): MachineUsage;
  /** Processes that no longer exist are missing from the answer. */
  processes(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessUsage>>;
}

/** The computer this runs on. */
export function thisOperatingSystem(): OperatingSystem {
  const common = {
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    startMs: Math.round(Date.now() - uptime() * 1000),
  };
  return process.platform === "linux" ? { ...common, ...linux } : { ...common, ...portable };
}

/** Clock ticks of /proc: 100 a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

const linux: Pick<OperatingSystem, "machine" | "processes"> = {
  machine() {
    const [, ...ticks] = (readFileSync("/proc/stat", "latin1").split("\n", 1)[0] ?? "").split(/\s+/).map(Number);
    const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = ticks;
    const memory = readFileSync("/proc/meminfo", "latin1");
    const total = kibibytes(memory, "MemTotal");
    return {
      cpuSeconds: (user + nice + system + irq + softIrq + steal) / ticksPerSecond,
      workingSetBytes: (total - kibibytes(memory, "MemAvailable")) * 1024,
    };
  },
  processes(pids) {
    const bootMs = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1] ?? 0) * 1000;
    const found = new Map<number, ProcessUsage>();
    for (const pid of pids) {
      const usage = linuxProcess(pid, bootMs);
      if (usage !== undefined) found.set(pid, usage);
    }
    return Promise.resolve(found);
  },
};

function linuxProcess(pid: number, bootMs: number): ProcessUsage | undefined {
  let stat: string;
  let status: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    status = readFileSync(`/proc/${pid}/status`, "latin1");
  } catch {
    return undefined;
  }
  // The command's name stands in brackets and may hold anything; fields are counted from its end. The first is the state.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") return undefined;
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return {
    cpuSeconds: (userTicks + systemTicks) / ticksPerSecond,
    workingSetBytes: kibibytes(status, "VmRSS") * 1024,
    startMs: bootMs + (Number(fields[19]) / ticksPerSecond) * 1000,
  };
}

function kibibytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
}

const run = promisify(execFile);

/** For every system without `/proc`; Linux has what it needs too, which is where it is tested. */
export const portable: Pick<OperatingSystem, "machine" | "processes"> = {
  machine() {
    let busyMs = 0;
    for (const { times } of cpus()) busyMs += times.user + times.nice + times.sys + times.irq;
    return { cpuSeconds: busyMs / 1000, workingSetBytes: totalmem() - freemem() };
  },
  async processes(pids) {
    const found = new Map<number, ProcessUsage>();
    if (pids.length === 0) return found;
    // ps ends with 1 when some of the processes are gone; what it printed counts all the same.
    const { stdout } = await run("ps", ["-o", "pid=,time=,rss=,etime=", "-p", pids.join(",")]).catch(
      (error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }),
    );
    for (const line of stdout.split("\n")) {
      const [pid, time, rss, elapsed] = line.trim().split(/\s+/);
      if (pid === undefined || time === undefined || rss === undefined || elapsed === undefined) continue;
      found.set(Number(pid), {
        cpuSeconds: clockSeconds(time),
        workingSetBytes: Number(rss) * 1024,
        startMs: Date.now() - clockSeconds(elapsed) * 1000,
      });
    }
    return found;
  },
};

/** Reads `[[days-]hours:]minutes:seconds[.hundredths]`, as ps prints times. */
export function clockSeconds(text: string): number {
  const [clock = "", days = "0"] = text.split("-").toReversed();
  let seconds = 0;
  for (const part of clock.split(":")) seconds = seconds * 60 + Number(part);
  return Number(days) * 86_400 + seconds;
}
