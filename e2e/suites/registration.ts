/** Registers a metrics-server of this machine with a real kube-apiserver: the objects, and one server after the other. */
import type { ApiClient } from "../control-plane/api-client.ts";
import { eventually } from "./metrics-server-process.ts";

export type RegisteredVersion = "v1" | "v1beta1";

export const metricsService = { namespace: "kube-system", name: "metrics-server" };
export const services = `/api/v1/namespaces/${metricsService.namespace}/services`;
export const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";
const group = "metrics.k8s.io";

/**
 * A Service of type ExternalName: an EndpointSlice may not name a loopback address. It needs aggregator routing off ("unsupported
 * service type" otherwise). The certificate is still verified for `metrics-server.kube-system.svc`. Services with endpoints are the
 * real node's suite.
 */
export const externalNameService = {
  metadata: { name: metricsService.name },
  spec: { type: "ExternalName", externalName: "localhost" },
};

/** An APIService through that Service; v1 is preferred. */
export function apiService(version: RegisteredVersion, port: number, authorityPem: string): object {
  return {
    metadata: { name: `${version}.${group}` },
    spec: {
      group,
      version,
      groupPriorityMinimum: 100,
      versionPriority: version === "v1" ? 200 : 100,
      caBundle: Buffer.from(authorityPem).toString("base64"),
      service: { ...metricsService, port },
    },
  };
}

/**
 * Makes the server at `port` the only one behind metrics.k8s.io. Resolves when kube-apiserver's discovery and OpenAPI document have
 * nothing of the one before any more and everything of this one.
 */
export async function registerInstead(
  admin: ApiClient,
  server: { readonly port: number; readonly authorityPem: string; readonly versions: readonly RegisteredVersion[] },
): Promise<void> {
  for (const version of ["v1", "v1beta1"]) await admin.request("DELETE", `${apiServices}/${version}.${group}`);
  const shows = (versions: readonly string[]) => async (): Promise<true | undefined> => {
    const { groups, aggregated, openApi } = await shownVersions(admin);
    const isDiscovered = [groups, aggregated].every((shown) => shown.join() === versions.join());
    // The document has all versions that a server describes, registered or not.
    const isDescribed = versions.length === 0 ? openApi.length === 0 : versions.every((one) => openApi.includes(one));
    if (isDiscovered && isDescribed) return true;
    throw new Error(`discovery and OpenAPI show ${JSON.stringify({ groups, aggregated, openApi })}`);
  };
  await eventually("the server before is forgotten", shows([]), 30_000);
  for (const version of server.versions) {
    await admin.post(apiServices, apiService(version, server.port, server.authorityPem));
  }
  await eventually("the server is registered", shows(server.versions), 60_000);
}

interface ShownVersions {
  readonly groups: readonly string[];
  readonly aggregated: readonly string[];
  readonly openApi: readonly string[];
}

/** Versions of the group in the list of groups, in aggregated discovery and in the OpenAPI document. */
async function shownVersions(admin: ApiClient): Promise<ShownVersions> {
  const { groups } = await admin.get<{ groups: { name: string; versions: { version: string }[] }[] }>("/apis");
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const { items } = (await admin.request("GET", "/apis", undefined, { accept })).json<{
    items: { metadata: { name: string }; versions: { version: string }[] }[];
  }>();
  const { paths } = await admin.get<{ paths: Record<string, unknown> }>("/openapi/v3");
  const prefix = `apis/${group}/`;
  const names = (versions: readonly { version: string }[] = []): string[] => versions.map(({ version }) => version);
  return {
    groups: names(groups.find(({ name }) => name === group)?.versions),
    aggregated: names(items.find(({ metadata }) => metadata.name === group)?.versions),
    openApi: Object.keys(paths).flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])),
  };
}
