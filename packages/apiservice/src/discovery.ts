/** Discovery documents: which groups, versions and resources there are. */
import type { ApiGroupDocument, ApiResourceDocument } from "@kubemetrics/apimachinery";
import { NegotiatedDocument } from "./negotiated-document.ts";
import type { ApiGroup, ApiVersion, ResourceDefinition } from "./resource.ts";

/** `/apis`. Its `apiVersion` is empty, as upstream's. */
export function groupListDocument(groups: readonly ApiGroup[], serverAddress: string): NegotiatedDocument {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress }];
  const shown = groups.map((group) => ({ ...groupFields(group), serverAddressByClientCIDRs }));
  return new NegotiatedDocument({ kind: "APIGroupList", apiVersion: "", groups: shown });
}

/** `/apis/<group>` */
export function groupDocument(group: ApiGroup): NegotiatedDocument {
  return new NegotiatedDocument({ kind: "APIGroup", ...groupFields(group) });
}

/** `/apis/<group>/<version>`: what kube-aggregator's availability probe asks for. */
export function resourceListDocument(group: string, { version, resources }: ApiVersion): NegotiatedDocument {
  const groupVersion = `${group}/${version}`;
  return new NegotiatedDocument({ kind: "APIResourceList", groupVersion, resources: resources.map(resourceFields) });
}

function groupFields({ name, versions }: ApiGroup): ApiGroupDocument {
  const shown = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: shown, preferredVersion: shown[0] ?? { groupVersion: "", version: "" } };
}

function resourceFields(resource: ResourceDefinition): ApiResourceDocument {
  const { name, singularName, namespaced, kind, verbs, kindGroup = "", kindVersion = "" } = resource;
  const { shortNames = [], categories = [] } = resource;
  return {
    name,
    singularName,
    namespaced,
    group: kindGroup,
    version: kindVersion,
    kind,
    verbs,
    shortNames,
    categories,
  };
}
