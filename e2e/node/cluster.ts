/** What the suites on the real node do with the cluster that `setup.ts` started. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { inject } from "vitest";
import { apiClient, type ApiClient, type Credentials } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import type { RealNodeAccess } from "./setup.ts";

export const access: RealNodeAccess = inject("realNode");

export function clientOf(credentials: Credentials = access.admin): ApiClient {
  return apiClient({ url: access.url, authorityPem: access.authority.certificatePem }, credentials);
}

/** Standard output; rejects with both outputs in the message. */
export function kubectl(...args: string[]): Promise<string> {
  return kubectlWithInput("", ...args);
}

export function kubectlWithInput(input: string, ...args: string[]): Promise<string> {
  return new Promise((resolved, rejected) => {
    const child = execFile(
      access.kubectl,
      ["--kubeconfig", access.kubeconfig, ...args],
      { maxBuffer: 1 << 28, timeout: 150_000 },
      (error, stdout, stderr) =>
        error === null
          ? resolved(stdout)
          : rejected(new Error(`kubectl ${args.join(" ")}\n${stdout}${stderr}`, { cause: error })),
    );
    child.stdin?.end(input);
  });
}

/** `kubectl apply` of objects. */
export async function apply(...items: readonly object[]): Promise<void> {
  await kubectlWithInput(JSON.stringify({ apiVersion: "v1", kind: "List", items }), "apply", "-f", "-");
}

/** A pod of the load program; containers by name, each with its arguments. */
export function loadPod(
  name: string,
  containers: Readonly<Record<string, readonly string[]>>,
  spec: Readonly<Record<string, unknown>> = {},
): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: Object.entries(containers).map(([container, args]) => loadContainer(container, args)),
      ...spec,
    },
  };
}

export function loadContainer(name: string, args: readonly string[]): object {
  return { name, image: "localhost/load:1", imagePullPolicy: "Never", args };
}

export const componentsFile = resolve(import.meta.dirname, "../../deploy/metrics-server/components.yaml");

/** Applies the manifests as they are and waits until the server is ready and both versions are available. */
export async function deployMetricsServer(): Promise<void> {
  await kubectl("apply", "-f", componentsFile);
  await kubectl("-n", "kube-system", "rollout", "status", "deployment/metrics-server", "--timeout=90s");
  for (const version of ["v1", "v1beta1"]) {
    await kubectl("wait", "--for=condition=Available", `apiservice/${version}.metrics.k8s.io`, "--timeout=60s");
  }
}

export interface PodMetrics {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly timestamp: string;
  readonly window: string;
  readonly containers: readonly {
    readonly name: string;
    readonly usage: { readonly cpu: string; readonly memory: string };
  }[];
}

/** Usage of one pod, once `accept` agrees; the last answer is in the error otherwise. */
export async function podUsage(
  api: ApiClient,
  name: string,
  accept: (pod: PodMetrics) => boolean,
  limitMs = 60_000,
): Promise<PodMetrics> {
  return eventually(
    `usage of ${name}`,
    async () => {
      const pod = await api.get<PodMetrics>(`/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/${name}`);
      if (accept(pod)) return pod;
      throw new Error(JSON.stringify(pod));
    },
    limitMs,
  );
}
