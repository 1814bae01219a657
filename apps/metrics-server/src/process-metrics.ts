import { readdirSync } from "node:fs";
import type { PageWriter } from "@kubemetrics/exposition";

/** The process as such, under the names that Prometheus clients share. */
export function writeProcessMetrics(page: PageWriter, startedMs: number): void {
  const { user, system } = process.cpuUsage();
  const memory = process.memoryUsage();
  single(page, "process_cpu_seconds_total", "counter", "CPU time used, in seconds", (user + system) / 1e6);
  single(page, "process_resident_memory_bytes", "gauge", "Memory in use", memory.rss);
  single(
    page,
    "process_start_time_seconds",
    "gauge",
    "Start of the process since the Unix epoch, in seconds",
    startedMs / 1000,
  );
  const openFiles = openFileCount();
  if (openFiles !== undefined) single(page, "process_open_fds", "gauge", "Open file descriptors", openFiles);
  single(page, "nodejs_heap_size_used_bytes", "gauge", "Memory in use by JavaScript objects", memory.heapUsed);
  single(page, "nodejs_external_memory_bytes", "gauge", "Memory of buffers and the like", memory.external);
}

function single(page: PageWriter, name: string, type: "counter" | "gauge", help: string, value: number): void {
  page.family({ name, type, help });
  page.sample(value);
}

/** Linux only. */
function openFileCount(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}
