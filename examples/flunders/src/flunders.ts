/** Flunders, the resource of Kubernetes' own sample API server: what is served. */
import { randomUUID } from "node:crypto";
import { kindSchemas, storedResource, type ApiGroup, type Clock, type KindSchema } from "@kubemetrics/apiservice";

export const group = "wardle.example.com";
export const version = "v1alpha1";

const schema: KindSchema = {
  description: "A flunder may refer to another one, or to a fischer.",
  properties: {
    spec: {
      type: "object",
      description: "What is wanted.",
      properties: {
        reference: { type: "string", description: "Name of what it refers to." },
        referenceType: { type: "string", description: "Kind of what it refers to.", enum: ["Flunder", "Fischer"] },
      },
    },
  },
};

const names = { name: "flunders", singularName: "flunder", kind: "Flunder", shortNames: ["fl"] };

/** Objects live in memory, as long as the returned group. */
export function wardleGroup(clock: Clock): ApiGroup {
  const flunders = storedResource({ ...names, group, version, namespaced: true, schema, clock, newUid: randomUUID });
  const openApi = kindSchemas(group, version, { Flunder: schema });
  return { name: group, versions: [{ version, resources: [flunders], openApi }] };
}
