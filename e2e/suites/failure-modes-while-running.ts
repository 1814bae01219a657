/** Failure modes that break a healthy cluster, and how each is repaired. */
import { writeFileSync } from "node:fs";
import { issueAuthority } from "@kubemetrics/x509";
import { kubernetesVersion } from "../control-plane/kubernetes-versions.ts";
import { applicable, type FailureMode } from "./failure-mode.ts";
import type { RealCluster } from "./real-cluster.ts";

const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const { facts } = kubernetesVersion();
const base64 = (text: string): string => Buffer.from(text).toString("base64");

export const failureModesWhileRunning: readonly FailureMode[] = applicable([
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
]);

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

async function serviceOf(cluster: RealCluster): Promise<{ service: object }> {
  const object = await cluster.admin.get<{ spec: { service: object } }>(`${apiServices}/v1.metrics.k8s.io`);
  return object.spec;
}
