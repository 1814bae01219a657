/** Which suites run against a Kubernetes that is not the newest, and why the others do not. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { kubernetesVersion } from "./control-plane/kubernetes-versions.ts";

const folder = join(import.meta.dirname, "test");
const suffix = "-real.test.ts";

/** Their subject is what kube-apiserver, the controllers and kubectl do with our servers: it may change with the version. */
const core = [
  "aggregator-conformance",
  "authorization",
  "ca-rotation",
  "client-node",
  "discovery",
  "failure-modes-at-start",
  "failure-modes-while-running",
  "flunders",
  "flunders-controllers",
  "front-proxy",
  "kubectl-top",
  "kubernetes-version",
  "redirect",
  "sandbox-against",
];

const reasons: Readonly<Record<string, string>> = {
  "go-metrics-server": "the Go metrics-server v0.9.0 supports Kubernetes 1.34 and newer",
  "kubectl-go-metrics-server": "the Go metrics-server v0.9.0 supports Kubernetes 1.34 and newer",
  leftovers: "what a killed run leaves is the same with every version",
  manifests: "components.yaml is rendered by the newest kubectl",
};

/** Further vitest arguments that choose the core, unless files are named; prints what is left out. */
export function coreOnly(vitestArguments: readonly string[]): readonly string[] {
  if (vitestArguments.some((argument) => argument.includes(".test.ts"))) return [];
  const { minor } = kubernetesVersion();
  const suites = readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length));
  for (const suite of suites.filter((name) => !core.includes(name))) {
    const reason = reasons[suite] ?? "it looks at our servers more than at Kubernetes; not of the core";
    console.log(`e2e: Kubernetes ${minor}: skipped: ${suite}${suffix}: ${reason}`);
  }
  console.log(
    `e2e: Kubernetes ${minor}: skipped: suites without a real kube-apiserver (the sandbox, attacks, rotation)`,
  );
  // Most of it is waiting for controllers.
  return ["--maxWorkers=3", ...core.map((suite) => join("e2e/test", `${suite}${suffix}`))];
}
