/** Which pods a simulated cluster runs: the same names for the same seed. */
import { nameSuffix, seededRandom, type Random } from "./seeded-random.ts";

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

export interface NodePlan {
  readonly seed: number;
  readonly node: string;
  readonly nodeIndex: number;
  readonly pods: number;
  readonly containersPerPod: number | undefined;
  /** Names that are taken; the new ones are added. */
  readonly taken: Set<string>;
}

/** The pods of one node: an agent, then the applications in turn. */
export function plannedPods({ seed, node, nodeIndex, pods, containersPerPod, taken }: NodePlan): readonly PlannedPod[] {
  return Array.from({ length: pods }, (_, index) => {
    const application = index === 0 ? agent : (applications[(nodeIndex + index - 1) % applications.length] ?? agent);
    const random = seededRandom(seed, `${node}/${index}`);
    const isAgent = application === agent;
    const revision = nameSuffix(seededRandom(seed, application.name), 9);
    const labels = isAgent ? { app: application.name } : { app: application.name, "pod-template-hash": revision };
    const owner = isAgent ? application.name : `${application.name}-${revision}`;
    return {
      namespace: application.namespace,
      name: newName(owner, random, taken),
      labels,
      containers: containersOf(application, containersPerPod),
      ageMs: Math.floor((10 + random() * 7200) * minuteMs),
    };
  });
}

/** Five letters repeat among thousands of pods: draw until the name is free. */
function newName(owner: string, random: Random, taken: Set<string>): string {
  let name: string;
  do name = `${owner}-${nameSuffix(random, 5)}`;
  while (taken.has(name));
  taken.add(name);
  return name;
}

function containersOf(application: Application, count: number | undefined): readonly string[] {
  if (count === undefined) return application.containers;
  return Array.from(
    { length: count },
    (_, index) => application.containers[index] ?? `${application.name}-${index + 1}`,
  );
}
