/** APIServices as kube-apiserver keeps them, behind real HTTPS: reads, merge patches, conflicts. */
import { randomUUID } from "node:crypto";
import { storedResource, type ApiServiceClient, type ApiServiceObject } from "@kubemetrics/apiservice";
import { ask, startServer, type ManualClock, type TestServer } from "./test-server.ts";

const path = "/apis/apiregistration.k8s.io/v1/apiservices";

export interface ApiServices extends AsyncDisposable {
  create(
    name: string,
    spec: NonNullable<ApiServiceObject["spec"]>,
    annotations?: Record<string, string>,
  ): Promise<void>;
  read(name: string): Promise<ApiServiceObject>;
  /** PEM. */
  bundle(name: string): Promise<string>;
  remove(name: string): Promise<void>;
  /** A replica's view; `requests` lists what it sent. */
  client(): ApiServiceClient & { readonly requests: readonly string[] };
  /** Called before each patch is sent: where two replicas meet. */
  beforePatch: () => Promise<void>;
  /** Answers every request with this from now on. */
  failing: Error | undefined;
}

export async function startApiServices(clock: ManualClock): Promise<ApiServices> {
  const resource = storedResource({
    group: "apiregistration.k8s.io",
    version: "v1",
    name: "apiservices",
    singularName: "apiservice",
    kind: "APIService",
    namespaced: false,
    clock,
    newUid: randomUUID,
  });
  const server: TestServer = await startServer({
    groups: [{ name: "apiregistration.k8s.io", versions: [{ version: "v1", resources: [resource] }] }],
  });
  const send = async (method: string, target: string, body?: object, type = "application/json") => {
    const headers = [["Content-Type", type] as const];
    const text = body === undefined ? {} : { body: JSON.stringify(body), headers };
    const answer = await ask(server.port, target, { method, ...text });
    return { status: answer.status, object: JSON.parse(answer.text) as ApiServiceObject };
  };
  const services: ApiServices = {
    beforePatch: () => Promise.resolve(),
    failing: undefined,
    async create(name, spec, annotations = {}) {
      const { status } = await send("POST", path, { metadata: { name, annotations }, spec });
      if (status !== 201) throw new Error(`create ${name}: ${status}`);
    },
    read: async (name) => (await send("GET", `${path}/${name}`)).object,
    bundle: async (name) => {
      const { object } = await send("GET", `${path}/${name}`);
      return Buffer.from(object.spec?.caBundle ?? "", "base64").toString();
    },
    remove: async (name) => void (await send("DELETE", `${path}/${name}`)),
    client() {
      const requests: string[] = [];
      return {
        requests,
        async get(name) {
          requests.push(`get ${name}`);
          if (services.failing !== undefined) throw services.failing;
          const { status, object } = await send("GET", `${path}/${name}`);
          return status === 404 ? undefined : object;
        },
        async patch(name, patch) {
          requests.push(`patch ${name}`);
          await services.beforePatch();
          const { status } = await send("PATCH", `${path}/${name}`, patch, "application/merge-patch+json");
          if (status !== 200 && status !== 409 && status !== 404) throw new Error(`patch ${name}: ${status}`);
          return status === 200 ? "patched" : "stale";
        },
      };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return services;
}
