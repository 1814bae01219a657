/**
 * Decodes a resource page once more, line by line with regular expressions. With all rules off it does what
 * metrics-server does with pages that show none of its defects; each rule on is one of our differences.
 */

/** A difference from upstream. */
export type DecodeRule =
  /** A bad line is left out alone. */
  | "lines"
  /** A last line without newline is left out. */
  | "terminated"
  /** Zero is a value. */
  | "zero"
  /** The time is that of the CPU line. */
  | "cpuTime"
  /** Numbers that are no counter are left out. */
  | "range"
  /** Labels are parsed, and must be there. */
  | "labels"
  /** A page without any usage is a failed scrape. */
  | "usage";

export const allDecodeRules: ReadonlySet<DecodeRule> = new Set<DecodeRule>([
  "lines",
  "terminated",
  "zero",
  "cpuTime",
  "range",
  "labels",
  "usage",
]);

export interface ModelPoint {
  cpu: bigint | undefined;
  mem: bigint | undefined;
  /** Nanoseconds, or the time of the request. */
  ts: bigint | "request";
  start: bigint | undefined;
}

export interface ModelBatch {
  readonly node: ModelPoint | undefined;
  /** `namespace/pod` → container → point; only pods whose containers are all complete. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, ModelPoint>>;
}

const line =
  /^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{(?<labels>(?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?[ \t]*(?<value>[^ \t\r]+)(?:[ \t]+(?<time>\d+))?[ \t]*$/;
const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?/y;
const number = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|nan)$/i;

/** @returns `undefined` when the page fails as a whole */
export function modelDecode(page: Buffer, rules: ReadonlySet<DecodeRule>): ModelBatch | undefined {
  const text = page.toString("latin1");
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  let bad = 0;
  let used = 0;
  // Upstream's parser takes an unterminated sample or help text, but not half of a type.
  if (last !== "" && (rules.has("terminated") || last.startsWith("# TYPE"))) bad++;
  else if (last !== "") lines.push(last);
  const node = emptyPoint();
  const pods = new Map<string, Map<string, ModelPoint>>();
  for (const raw of lines) {
    if (raw === "" || raw.startsWith("#")) continue;
    const sample = sampleOf(raw);
    if (sample === undefined) {
      bad++;
      continue;
    }
    const { name, labels, value, ts } = sample;
    if (name === "node_cpu_usage_seconds_total" || name === "node_memory_working_set_bytes") {
      used++;
      put(node, name.startsWith("node_cpu") ? "cpu" : "mem", value, ts, rules);
    }
    const kind = containerKinds[name];
    if (kind === undefined) continue;
    const [container, pod, namespace] = ["container", "pod", "namespace"].map((key) => labels.get(key));
    if (rules.has("labels") && (container === undefined || pod === undefined || namespace === undefined)) {
      used++;
      continue;
    }
    used++;
    const key = `${namespace}/${pod}`;
    const containers = pods.get(key) ?? new Map<string, ModelPoint>();
    const point = containers.get(container ?? "") ?? emptyPoint();
    const isReported = put(point, kind, value, ts, rules);
    if (!isReported && !containers.has(container ?? "")) continue;
    pods.set(key, containers.set(container ?? "", point));
  }
  if (bad > 0 && (!rules.has("lines") || used === 0)) return undefined;
  if (rules.has("usage") && used === 0) return undefined;
  const whole = [...pods].filter(([, containers]) =>
    [...containers.values()].every((point) => isComplete(point, rules)),
  );
  return { node: isComplete(node, rules) ? node : undefined, pods: new Map(whole) };
}

const containerKinds: Readonly<Record<string, "cpu" | "mem" | "start" | undefined>> = {
  container_cpu_usage_seconds_total: "cpu",
  container_memory_working_set_bytes: "mem",
  container_start_time_seconds: "start",
};

function sampleOf(
  raw: string,
): { name: string; labels: Map<string, string>; value: number; ts: bigint | "request" } | undefined {
  // A sample that names its metric in the braces is legal, and none that is looked for.
  if (/^\{"[^"]*"\} [^ ]+$/.test(raw)) return { name: "", labels: new Map(), value: 0, ts: "request" };
  const groups = line.exec(raw)?.groups;
  const value = groups?.["value"] ?? "";
  if (groups === undefined || !number.test(value)) return undefined;
  const labels = labelsOf(groups["labels"] ?? "");
  if (labels === undefined) return undefined;
  const time = groups["time"];
  const ts = time === undefined ? "request" : BigInt(time) * 1_000_000n;
  return { name: groups["name"] ?? "", labels, value: numberOf(value), ts };
}

function labelsOf(text: string): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  label.lastIndex = 0;
  let end = 0;
  for (let match = label.exec(text); match !== null; match = label.exec(text)) {
    const bytes = Buffer.from(match[2] ?? "", "latin1");
    const value = bytes.toString("utf8");
    if (!Buffer.from(value, "utf8").equals(bytes)) return undefined;
    labels.set(
      match[1] ?? "",
      value.replaceAll(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char)),
    );
    end = label.lastIndex;
  }
  return text.slice(end).trim() === "" ? labels : undefined;
}

function numberOf(text: string): number {
  if (/inf/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /nan/i.test(text) ? Number.NaN : Number(text);
}

/** Returns whether the value was taken. */
function put(
  point: ModelPoint,
  kind: "cpu" | "mem" | "start",
  value: number,
  ts: bigint | "request",
  rules: ReadonlySet<DecodeRule>,
): boolean {
  const scaled = kind === "mem" ? value : value * 1e9;
  if (rules.has("range") && !(scaled >= 0 && scaled < (kind === "start" ? 2 ** 63 : 2 ** 64))) return false;
  point[kind] = Number.isFinite(scaled) ? BigInt(Math.trunc(scaled)) : 0n;
  if (kind === "cpu" || (kind === "mem" && !rules.has("cpuTime"))) point.ts = ts;
  return true;
}

function isComplete(point: ModelPoint, rules: ReadonlySet<DecodeRule>): boolean {
  if (rules.has("zero")) return point.cpu !== undefined && point.mem !== undefined;
  return (point.cpu ?? 0n) !== 0n && (point.mem ?? 0n) !== 0n;
}

function emptyPoint(): ModelPoint {
  return { cpu: undefined, mem: undefined, ts: "request", start: undefined };
}
