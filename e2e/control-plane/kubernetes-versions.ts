/**
 * The Kubernetes versions that the suites run against, and where these differ in what the suites look at.
 *
 * Each is pinned by `kubernetes-v<minor>/go.mod`. The newest runs everything; the oldest runs the suites whose subject is what Kubernetes
 * itself does (`../core.ts`).
 */

/** What this version does. An expectation that depends on the version asks here, and nowhere else. */
export interface KubernetesFacts {
  /** kube-apiserver tells extension servers a user's UID (`--requestheader-uid-headers`: 1.32 behind a feature gate, 1.33 without). */
  readonly sendsUid: boolean;
  /**
   * kube-apiserver does not start with one authority for users and front proxy and no allowed names. Older ones do, and believe every user
   * who claims to be another.
   */
  readonly refusesSharedAuthority: boolean;
  /** The aggregator's probe checks the serving certificate against `caBundle`. Older ones say Available and fail every request. */
  readonly probeVerifiesCertificate: boolean;
  /** The version of metrics.k8s.io that `kubectl top` reads where both are served. */
  readonly topReads: "v1" | "v1beta1";
  /** What the aggregator misses at a Service that selects no pod. */
  readonly missingEndpoints: "endpoints" | "endpointslices";
  /** A list at a resource version that is none is the client's mistake (400); older ones call it theirs (500). */
  readonly refusesWrongResourceVersion: boolean;
  /** An access review of nothing, or of too much, is refused for its `spec`; by older ones for one field of it. */
  readonly reviewsAreRefusedWhole: boolean;
  /** A refusal shows the value of a field as JSON; older ones as Go prints it. */
  readonly printsValuesAsJson: boolean;
  /** A refusal names a wrong field of the metadata once; older ones twice. */
  readonly namesMetadataOnce: boolean;
}

const versions = {
  "1.37": {
    version: "v1.37.2",
    facts: {
      sendsUid: true,
      refusesSharedAuthority: true,
      probeVerifiesCertificate: true,
      topReads: "v1",
      missingEndpoints: "endpointslices",
      refusesWrongResourceVersion: true,
      reviewsAreRefusedWhole: true,
      printsValuesAsJson: true,
      namesMetadataOnce: true,
    },
  },
  "1.31": {
    // The last patch of it that module proxies have whole.
    version: "v1.31.13",
    facts: {
      sendsUid: false,
      refusesSharedAuthority: false,
      probeVerifiesCertificate: false,
      topReads: "v1beta1",
      missingEndpoints: "endpoints",
      refusesWrongResourceVersion: false,
      reviewsAreRefusedWhole: false,
      printsValuesAsJson: false,
      namesMetadataOnce: false,
    },
  },
} as const satisfies Record<string, { readonly version: string; readonly facts: KubernetesFacts }>;

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
  readonly isNewest: boolean;
  readonly facts: KubernetesFacts;
}

/** The version of this run. */
export function kubernetesVersion(): KubernetesVersion {
  const minor = process.env[minorVariable] ?? newestMinor;
  if (isKubernetesMinor(minor)) return { minor, isNewest: minor === newestMinor, ...versions[minor] };
  throw new Error(`${minorVariable}=${minor} is none of the pinned versions: ${kubernetesMinors.join(", ")}`);
}
