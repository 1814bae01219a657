/** The objects that bring an extension server into a cluster: its Service, where it really listens, and what it answers for. */
import type { KubeObject } from "./kube-object.ts";
import type { ExtensionRegistration } from "./sandbox-types.ts";

/** @param authorityPem - the CA bundle when the registration names none */
export function extensionObjects(extension: ExtensionRegistration, authorityPem: string): readonly KubeObject[] {
  const { service, address = "127.0.0.1", port, group, versions } = extension;
  const { groupPriorityMinimum = 100, versionPriority = 100 } = extension;
  const trust =
    extension.insecureSkipTLSVerify === true
      ? { insecureSkipTLSVerify: true }
      : { caBundle: Buffer.from(extension.caBundle ?? authorityPem).toString("base64") };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: service.namespace, name: service.name },
      spec: {
        type: "ClusterIP",
        ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: port, appProtocol: "https" }],
      },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        namespace: service.namespace,
        name: service.name,
        labels: { "kubernetes.io/service-name": service.name },
      },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: "https", port, protocol: "TCP" }],
    },
    ...versions.map((version): KubeObject => ({
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `${version}.${group}` },
      spec: { group, version, groupPriorityMinimum, versionPriority, service: { ...service, port: 443 }, ...trust },
    })),
  ];
}
