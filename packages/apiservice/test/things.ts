/** A small API group for tests: things, in namespaces. */
import type { ApiGroup, ResourceAnswer, ResourceDefinition, ResourceRequest } from "@kubemetrics/apiservice";

export function jsonAnswer(value: unknown, status?: number): ResourceAnswer {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  return { body: () => [body], ...(status === undefined ? {} : { status }) };
}

/** What the resource saw of a request. */
export interface Seen {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly user: string;
  readonly headers: readonly string[];
}

export class ThingsRecorder {
  readonly seen: Seen[] = [];

  record(request: ResourceRequest): ResourceAnswer {
    const { namespace, name, user, headers } = request;
    this.seen.push({ namespace, name, user: user.name, headers });
    return jsonAnswer({ kind: "Thing", namespace, name });
  }
}

export function thingsGroup(definition: Partial<ResourceDefinition> = {}): ApiGroup {
  const things: ResourceDefinition = {
    name: "things",
    singularName: "thing",
    kind: "Thing",
    namespaced: true,
    verbs: ["get", "list"],
    formats: ["json", "yaml"],
    ...definition,
  };
  return { name: "g.io", versions: [{ version: "v1", resources: [things] }] };
}
