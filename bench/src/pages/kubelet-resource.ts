/** A kubelet's `/metrics/resource` page as large as a full node's, deterministic, in the form real ones have. */

interface Shape {
  readonly pods: number;
  readonly containersPerPod: number;
}

/** One page; `step` advances counters and clocks as the next scrape would see them. */
export function resourcePage(shape: Shape, step: number): string {
  const lines: string[] = [];
  const pods = Array.from({ length: shape.pods }, (_, pod) => podName(pod));
  const containers = pods.flatMap((pod, index) =>
    Array.from({ length: shape.containersPerPod }, (_, n) => ({
      labels: `container="${["app", "istio-proxy", "log-shipper"][n] ?? `c${n}`}",${pod}`,
      seed: index * 10 + n,
    })),
  );
  const scraped = 1_795_457_200_000 + step * 15_000;
  const family = (name: string, type: string, help: string): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  };

  family(
    "container_cpu_usage_seconds_total",
    "counter",
    "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
  );
  for (const { labels, seed } of containers)
    lines.push(`container_cpu_usage_seconds_total{${labels}} ${cpu(seed, step)} ${scraped + (seed % 9000)}`);
  family("container_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the container in bytes");
  for (const { labels, seed } of containers)
    lines.push(`container_memory_working_set_bytes{${labels}} ${memory(seed, step)} ${scraped + (seed % 9000)}`);
  family("container_start_time_seconds", "gauge", "[STABLE] Start time of the container since unix epoch in seconds");
  for (const { labels, seed } of containers)
    lines.push(
      `container_start_time_seconds{${labels}} 1.79545${(6_791_729_424 + seed * 77_777_777) % 10_000_000_000}e+09`,
    );
  family(
    "container_swap_usage_bytes",
    "gauge",
    "[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems",
  );
  for (const { labels, seed } of containers)
    lines.push(`container_swap_usage_bytes{${labels}} 0 ${scraped + (seed % 9000)}`);
  family(
    "node_cpu_usage_seconds_total",
    "counter",
    "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
  );
  lines.push(`node_cpu_usage_seconds_total ${cpu(7, step)} ${scraped}`);
  family("node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes");
  lines.push(`node_memory_working_set_bytes ${memory(7, step)} ${scraped}`);
  family(
    "node_swap_usage_bytes",
    "gauge",
    "[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems",
  );
  lines.push(`node_swap_usage_bytes 0 ${scraped}`);
  family("pod_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the pod in core-seconds");
  pods.forEach((labels, pod) =>
    lines.push(`pod_cpu_usage_seconds_total{${labels}} ${cpu(pod, step)} ${scraped + pod}`),
  );
  family("pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes");
  pods.forEach((labels, pod) =>
    lines.push(`pod_memory_working_set_bytes{${labels}} ${memory(pod, step)} ${scraped + pod}`),
  );
  family(
    "pod_swap_usage_bytes",
    "gauge",
    "[ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems",
  );
  pods.forEach((labels, pod) => lines.push(`pod_swap_usage_bytes{${labels}} 0 ${scraped + pod}`));
  family(
    "resource_scrape_error",
    "gauge",
    "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
  );
  lines.push("resource_scrape_error 0", "");
  return lines.join("\n");
}

function podName(pod: number): string {
  const hash = Math.imul(pod + 1, 2_654_435_761) >>> 0;
  const app = ["checkout", "payments-worker", "session-cache", "api-gateway", "report-renderer"][pod % 5];
  return `namespace="team-${pod % 7}",pod="${app}-${hash.toString(16).padStart(8, "0")}-${(hash % 60_466_176).toString(36).padStart(5, "0")}"`;
}

function cpu(seed: number, step: number): string {
  return (
    ((seed * 7919) % 4000) +
    0.000_000_001 * ((seed * 104_729_333) % 1_000_000_000) +
    step * 0.1 * (1 + (seed % 10))
  ).toFixed(9);
}

/** As Go prints a float of this size. */
function memory(seed: number, step: number): string {
  const bytes = 4096 * (20_000 + ((seed * 7919 + step * 31) % 60_000));
  return `${bytes.toExponential()}`.replace(/e\+(\d)$/, "e+0$1");
}
