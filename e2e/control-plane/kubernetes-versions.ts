/**
 * The Kubernetes versions that the suites run against. Each is pinned by `kubernetes-v<minor>/go.mod`.
 *
 * The newest runs everything. The oldest, the first supported minor version, runs the suites whose subject is Kubernetes' own conduct
 * (`../core.ts`).
 */
const versions = {
  "1.37": "v1.37.2",
  // The last patch of it that the module proxies have whole.
  "1.31": "v1.31.13",
} as const;

export type KubernetesMinor = keyof typeof versions;

export const kubernetesMinors = Object.keys(versions) as KubernetesMinor[];
export const newestMinor: KubernetesMinor = "1.37";

export function isKubernetesMinor(text: string): text is KubernetesMinor {
  return Object.hasOwn(versions, text);
}

/** The environment variable by which `pnpm e2e --kubernetes=<minor>` tells the suites what they run against. */
export const minorVariable = "KUBEMETRICS_E2E_KUBERNETES";

export interface KubernetesVersion {
  readonly minor: KubernetesMinor;
  /** As `kube-apiserver --version` prints it. */
  readonly version: string;
}

/** The version of this run. */
export function kubernetesVersion(): KubernetesVersion {
  const minor = process.env[minorVariable] ?? newestMinor;
  if (isKubernetesMinor(minor)) return { minor, version: versions[minor] };
  throw new Error(`${minorVariable}=${minor} is none of the pinned versions: ${kubernetesMinors.join(", ")}`);
}

export function isNewestKubernetes(): boolean {
  return kubernetesVersion().minor === newestMinor;
}
