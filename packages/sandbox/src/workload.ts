/** Which pods a simulated cluster runs: the same names for the same seed. */
import { nameSuffix, seededRandom } from "./seeded-random.ts";

export interface PlannedPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: { readonly [key: string]: string };
  readonly containers: readonly string[];
  /** How long it has been running when the cluster starts. */
  readonly ageMs: number;
}

interface Application {
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly string[];
}

const applications: readonly Application[] = [
  { namespace: "shop", name: "web", containers: ["web", "proxy"] },
  { namespace: "shop", name: "cart", containers: ["cart"] },
  { namespace: "shop", name: "checkout", containers: ["checkout", "proxy"] },
  { namespace: "data", name: "search", containers: ["search"] },
  { namespace: "data", name: "cache", containers: ["cache", "exporter"] },
  { namespace: "shop", name: "payments", containers: ["payments"] },
  { namespace: "data", name: "queue", containers: ["queue"] },
  { namespace: "batch", name: "worker", containers: ["worker"] },
];
const agent: Application = { namespace: "kube-system", name: "node-agent", containers: ["agent"] };

const minuteMs = 60_000;

/** `node-001`: as many digits as the largest number needs, three at least. */
export function nodeName(index: number, count: number): string {
  return `node-${String(index + 1).padStart(Math.max(3, String(count).length), "0")}`;
}

/** The pods of one node: an agent, then the applications in turn. */
export function plannedPods(
  seed: number,
  node: string,
  nodeIndex: number,
  count: number,
  containersPerPod?: number,
): readonly PlannedPod[] {
  return Array.from({ length: count }, (_, index) => {
    const application = index === 0 ? agent : (applications[(nodeIndex + index - 1) % applications.length] ?? agent);
    const random = seededRandom(seed, `${node}/${index}`);
    const isAgent = application === agent;
    const revision = nameSuffix(seededRandom(seed, application.name), 9);
    const labels = isAgent ? { app: application.name } : { app: application.name, "pod-template-hash": revision };
    const owner = isAgent ? application.name : `${application.name}-${revision}`;
    return {
      namespace: application.namespace,
      name: `${owner}-${nameSuffix(random, 5)}`,
      labels,
      containers: containersOf(application, containersPerPod),
      ageMs: Math.floor((10 + random() * 7200) * minuteMs),
    };
  });
}

function containersOf(application: Application, count: number | undefined): readonly string[] {
  if (count === undefined) return application.containers;
  return Array.from(
    { length: count },
    (_, index) => application.containers[index] ?? `${application.name}-${index + 1}`,
  );
}
