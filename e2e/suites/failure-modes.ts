/**
 * The ways in which the aggregation layer around metrics-server is known to break, each produced for real.
 *
 * `symptoms` is what an operator can see without knowing the cause: the raw material for a doctor that does know it. Every pattern
 * must match; an absent one was not there or says nothing about this cause.
 */
import { writeFileSync } from "node:fs";
import { issueAuthority, issueClient, type KeyPair } from "@kubemetrics/x509";
import type { ControlPlaneFiles } from "../control-plane/control-plane.ts";
import { kubernetesVersion, type KubernetesFacts } from "../control-plane/kubernetes-versions.ts";
import { applies } from "./kubernetes-skips.ts";
import type { PrepareApiServer } from "../control-plane/start.ts";
import type { RealCluster } from "./real-cluster.ts";

export interface Symptoms {
  /** Condition `Available` of `v1.metrics.k8s.io`: `<status> <reason>: <message>`. */
  readonly condition: string;
  /** `GET …/nodes` through the aggregator as administrator: `<status> <body>`. */
  readonly administrator: string;
  /** The same as a user with the role system:aggregated-metrics-reader. */
  readonly viewer: string;
  /** `/readyz?verbose` of metrics-server itself. */
  readonly readyz: string;
  /** metrics-server's log since the break. */
  readonly serverLog: string;
  /** kube-apiserver's log since the break. */
  readonly apiServerLog: string;
}

export interface FailureMode {
  readonly id: string;
  readonly title: string;
  readonly symptoms: Readonly<Partial<Record<keyof Symptoms, RegExp>>>;
  /** Made when the cluster starts: such a mode has a cluster of its own. */
  readonly apiServer?: PrepareApiServer;
  /** What decides how it looks. A mode without looks the same in every version, and is made with the newest only. */
  readonly dependsOn?: keyof KubernetesFacts;
  /** kube-apiserver does not start at all; what its log says. */
  readonly refusesToStart?: RegExp;
  /** Breaks a healthy cluster; returns the repair. */
  readonly break?: (cluster: RealCluster) => Promise<() => Promise<void>>;
}

const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** Patches both APIServices; the repair patches back. */
async function patchApiServices(cluster: RealCluster, broken: object, repaired: object): Promise<() => Promise<void>> {
  const patch = async (spec: object): Promise<void> => {
    for (const version of ["v1", "v1beta1"])
      await cluster.admin.patch(`${apiServices}/${version}.metrics.k8s.io`, { spec });
  };
  await patch(broken);
  return () => patch(repaired);
}

/** Deletes an object and starts metrics-server again, as it would start into that cluster; the repair puts it back. */
async function without(cluster: RealCluster, collection: string, name: string): Promise<() => Promise<void>> {
  const object = await cluster.admin.get(`${collection}/${name}`);
  await cluster.admin.delete(`${collection}/${name}`);
  await cluster.restartServer();
  return async () => {
    const { namespace, labels } = object.metadata;
    await cluster.admin.post(collection, { ...object, metadata: { name, namespace, labels } });
    await cluster.restartServer();
  };
}

function replaceProxyPair(files: ControlPlaneFiles, pair: KeyPair): void {
  writeFileSync(files.proxyClientCertificate, pair.certificatePem);
  writeFileSync(files.proxyClientKey, pair.keyPem);
}

const { facts, isNewest } = kubernetesVersion();
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const everyMode: readonly FailureMode[] = [
  {
    id: "no-requestheader-flags",
    title: "kube-apiserver without --requestheader-* and --proxy-client-* flags",
    apiServer: () => ({
      without: [
        "requestheader-client-ca-file",
        "requestheader-allowed-names",
        "requestheader-extra-headers-prefix",
        "requestheader-group-headers",
        "requestheader-username-headers",
        "proxy-client-cert-file",
        "proxy-client-key-file",
      ],
    }),
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 403$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      serverLog:
        /^W .*has no requestheader-client-ca-file: kube-apiserver has no aggregation layer.*--requestheader-\* and --proxy-client-\* flags/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 403"/,
    },
  },
  {
    id: "wrong-allowed-names",
    title: "--requestheader-allowed-names without the name of the proxy certificate",
    apiServer: () => ({ flags: ["--requestheader-allowed-names=aggregator"] }),
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 401$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*cn=front-proxy-client is not in the allowed list.*--requestheader-allowed-names/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 401"/,
    },
  },
  {
    id: "one-ca-with-allowed-names",
    title: "one CA for users and front proxy, with allowed names: users keep working",
    apiServer: (files, { cluster }) => {
      replaceProxyPair(files, issueClient(cluster, { commonName: "front-proxy-client" }));
      return { flags: [`--requestheader-client-ca-file=${files.clusterAuthority}`] };
    },
    symptoms: {
      condition: /^True Passed: all checks passed$/,
      administrator: /^200 /,
      viewer: /^200 /,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*CA "kubernetes" signs both users and the front proxy.*give the front proxy a CA of its own/m,
    },
  },
  {
    id: "one-ca-without-allowed-names",
    title: "one CA for users and front proxy, without allowed names",
    dependsOn: "refusesSharedAuthority",
    apiServer: (files, { cluster }) => {
      replaceProxyPair(files, issueClient(cluster, { commonName: "front-proxy-client" }));
      return {
        flags: [`--requestheader-client-ca-file=${files.clusterAuthority}`],
        without: ["requestheader-allowed-names"],
      };
    },
    ...(facts.refusesSharedAuthority && {
      refusesToStart: /overlapping certificates.*--requestheader-allowed-names must be specified/,
    }),
    symptoms: {
      condition: /^True Passed: all checks passed$/,
      administrator: /^200 /,
      viewer: /^200 /,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*every user with a client certificate can impersonate anyone.* code="SHARED_CA_ANY_NAME"/m,
    },
  },
  {
    id: "expired-proxy-certificate",
    title: "the proxy client certificate has expired",
    apiServer: (files, { frontProxy }) => {
      const [notBeforeMs, notAfterMs] = [Date.now() - 7_200_000, Date.now() - 3_600_000];
      replaceProxyPair(files, issueClient(frontProxy, { commonName: "front-proxy-client", notBeforeMs, notAfterMs }));
      return {};
    },
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 401$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*as front proxy: certificate \\"front-proxy-client\\" expired \d{4}-.*renew it/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 401"/,
    },
  },
  {
    id: "lost-proxy-certificate-flag",
    title: "--proxy-client-key-file without --proxy-client-cert-file (a lost line continuation)",
    apiServer: () => ({ without: ["proxy-client-cert-file"] }),
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 403$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 403"/,
    },
  },
  {
    id: "missing-auth-reader",
    title: "no RoleBinding to extension-apiserver-authentication-reader",
    break: (cluster) => without(cluster, `${rbac}/namespaces/kube-system/rolebindings`, "metrics-server-auth-reader"),
    symptoms: {
      administrator: /^403 .*User \\"system:anonymous\\" cannot list resource/,
      viewer: /^403 .*User \\"system:anonymous\\" cannot list resource/,
      readyz: /^\[-\]authentication-configuration failed/m,
      serverLog:
        /^W .*a RoleBinding to Role extension-apiserver-authentication-reader is missing; create it with: kubectl create rolebinding/m,
    },
  },
  {
    id: "missing-auth-delegator",
    title: "no ClusterRoleBinding to system:auth-delegator",
    break: (cluster) => without(cluster, `${rbac}/clusterrolebindings`, "metrics-server:system:auth-delegator"),
    symptoms: {
      condition: /^True Passed: all checks passed$/,
      administrator: /^200 /,
      viewer: /^500 .*cannot create subjectaccessreviews.*bind the ClusterRole "system:auth-delegator"/,
      readyz: /^readyz check passed$/m,
      serverLog: /^E .*authorization failed .*bind the ClusterRole \\"system:auth-delegator\\"/m,
    },
  },
  {
    id: "service-without-endpoints",
    title: "the Service selects no ready pod",
    dependsOn: "missingEndpoints",
    break: async (cluster) => {
      await cluster.admin.post("/api/v1/namespaces/kube-system/services", {
        metadata: { name: "empty" },
        spec: { ports: [{ name: "https", port: 443, targetPort: "https" }], selector: { "k8s-app": "metrics-server" } },
      });
      const { service } = await serviceOf(cluster);
      return patchApiServices(cluster, { service: { ...service, name: "empty", port: 443 } }, { service });
    },
    symptoms: {
      condition: new RegExp(
        `^False EndpointsNotFound: cannot find ${facts.missingEndpoints} for service/empty in "kube-system"$`,
      ),
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
    },
  },
  {
    id: "wrong-port",
    title: "the APIService names a port where nothing listens",
    break: async (cluster) => {
      const { service } = await serviceOf(cluster);
      return patchApiServices(cluster, { service: { port: 1 } }, { service });
    },
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*:1: connect: connection refused$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
    },
  },
  {
    id: "missing-service",
    title: "the APIService names a Service that does not exist",
    break: async (cluster) => {
      const { service } = await serviceOf(cluster);
      return patchApiServices(cluster, { service: { name: "metric-server" } }, { service });
    },
    symptoms: {
      condition: /^False ServiceNotFound: service\/metric-server in "kube-system" is not present$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
    },
  },
  {
    id: "wrong-ca-bundle",
    title: "caBundle is not the CA of the serving certificate",
    dependsOn: "probeVerifiesCertificate",
    break: async (cluster) => {
      const other = issueAuthority({ commonName: "kubernetes" });
      return patchApiServices(
        cluster,
        { caBundle: base64(other.certificatePem) },
        { caBundle: base64(cluster.plane.clusterAuthority.certificatePem) },
      );
    },
    symptoms: facts.probeVerifiesCertificate
      ? {
          condition:
            /^False FailedDiscoveryCheck: .*tls: failed to verify certificate: x509: certificate signed by unknown authority/,
          administrator: /^503 service unavailable$/,
          viewer: /^503 service unavailable$/,
          readyz: /^readyz check passed$/m,
        }
      : {
          condition: /^True Passed: all checks passed$/,
          administrator:
            /^503 error trying to reach service: tls: failed to verify certificate: x509: certificate signed/,
          viewer: /^503 error trying to reach service: tls: failed to verify certificate: x509: certificate signed/,
          readyz: /^readyz check passed$/m,
        },
  },
  {
    id: "kubelet-with-another-ca",
    title: "kubelets serve with certificates of another CA",
    break: async (cluster) => {
      for (const node of cluster.sandbox.nodes) await node.fault({ kind: "untrusted-certificate" });
      await cluster.restartServer();
      return async () => {
        for (const node of cluster.sandbox.nodes) await node.fault(undefined);
      };
    },
    symptoms: {
      condition: /^True Passed: all checks passed$/,
      administrator: /^200 .*"items":\[\]/,
      viewer: /^200 .*"items":\[\]/,
      readyz: /^\[-\]metric-storage-ready failed/m,
      serverLog: /^W .*--kubelet-certificate-authority.* reason="TLS_UNKNOWN_CA"/m,
    },
  },
  {
    id: "no-nodes-metrics-permission",
    title: "kubelets refuse: no permission nodes/metrics get",
    break: async (cluster) => {
      const { certificatePem, keyPem } = cluster.sandbox.clientCertificate("nobody");
      const [certificate, key] = ["nobody.crt", "nobody.key"].map((name) => `${cluster.plane.folder}/${name}`);
      writeFileSync(certificate ?? "", certificatePem);
      writeFileSync(key ?? "", keyPem, { mode: 0o600 });
      await cluster.restartServer([`--kubelet-client-certificate=${certificate}`, `--kubelet-client-key=${key}`]);
      return () => cluster.restartServer();
    },
    symptoms: {
      condition: /^True Passed: all checks passed$/,
      administrator: /^200 .*"items":\[\]/,
      viewer: /^200 .*"items":\[\]/,
      readyz: /^\[-\]metric-storage-ready failed/m,
      serverLog: /^W .*answered 403: Forbidden .*grant us `get` on `nodes\/metrics`.* reason="FORBIDDEN"/m,
    },
  },
];

/** Those to be made with this run's Kubernetes, in a cluster of their own or in one that is healthy at first. */
export function failureModes(when: "at start" | "while running"): readonly FailureMode[] {
  return everyMode
    .filter((mode) => (when === "while running") === (mode.break !== undefined))
    .filter(({ title, dependsOn }) =>
      applies(isNewest || dependsOn !== undefined, `"${title}"`, "it looks the same in every version"),
    );
}

async function serviceOf(cluster: RealCluster): Promise<{ service: object }> {
  const object = await cluster.admin.get<{ spec: { service: object } }>(`${apiServices}/v1.metrics.k8s.io`);
  return object.spec;
}
