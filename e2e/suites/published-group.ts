/** Where kube-apiserver publishes an API group: discovery old and new, OpenAPI old and new. */
import type { ApiClient } from "../control-plane/api-client.ts";

export interface LegacyGroup {
  readonly name: string;
  readonly versions: readonly object[];
  readonly preferredVersion: object;
}

export interface AggregatedVersion {
  readonly version: string;
  readonly freshness?: string;
  readonly resources?: readonly object[];
}

export const aggregatedForm = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

export async function legacyGroup(client: ApiClient, name: string): Promise<LegacyGroup | undefined> {
  return (await client.get<{ groups: LegacyGroup[] }>("/apis")).groups.find((group) => group.name === name);
}

export async function aggregatedVersions(
  client: ApiClient,
  name: string,
): Promise<readonly AggregatedVersion[] | undefined> {
  const answer = await client.request("GET", "/apis", undefined, { accept: aggregatedForm });
  const { items } = answer.json<{ items: { metadata: { name: string }; versions: AggregatedVersion[] }[] }>();
  return items.find(({ metadata }) => metadata.name === name)?.versions;
}

/** The version's document, once the index lists it. */
export async function openApiV3(client: ApiClient, groupVersion: string): Promise<OpenApiDocument | undefined> {
  const { paths } = await client.get<{ paths: Record<string, { serverRelativeURL: string }> }>("/openapi/v3");
  const listed = paths[`apis/${groupVersion}`];
  return listed && client.get<OpenApiDocument>(listed.serverRelativeURL);
}

export interface OpenApiDocument {
  readonly components: { readonly schemas: Record<string, object> };
}

/** A definition in the one document of all groups. */
export async function openApiV2Definition(client: ApiClient, name: string): Promise<object | undefined> {
  return (await client.get<{ definitions: Record<string, object> }>("/openapi/v2")).definitions[name];
}
