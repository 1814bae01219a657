import { expect, test } from "vitest";
import { ApiServiceClient, ClusterConnection, KubeAnswerInvalid, KubeRequestFailed } from "@kubemetrics/kube";
import { ScriptedApiServer, status, type Exchange } from "./scripted-api-server.ts";

const name = "v1.metrics.k8s.io";
const patch = { metadata: { resourceVersion: "7" }, spec: { caBundle: "eA==" } };

async function asking<T>(answer: (exchange: Exchange) => void, ask: (client: ApiServiceClient) => Promise<T>) {
  await using server = await ScriptedApiServer.start(answer);
  await using connection = new ClusterConnection(server.config());
  const outcome = await ask(new ApiServiceClient(connection)).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { outcome, exchanges: server.exchanges };
}

test("an APIService is read by its name", async () => {
  const object = { metadata: { resourceVersion: "7" }, spec: { caBundle: "eA==" } };
  const { outcome, exchanges } = await asking(
    (exchange) => exchange.json(200, object),
    (client) => client.get(name),
  );
  expect(outcome).toEqual({ value: object });
  expect(exchanges.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET /apis/apiregistration.k8s.io/v1/apiservices/${name}`,
  ]);
});

test("an APIService that is not there is no error", async () => {
  const { outcome } = await asking(
    (exchange) => exchange.json(404, status(404, "NotFound", "not found")),
    (client) => client.get(name),
  );
  expect(outcome).toEqual({ value: undefined });
});

test("a patch is sent as a merge patch, whole", async () => {
  const { outcome, exchanges } = await asking(
    (exchange) => exchange.json(200, {}),
    (client) => client.patch(name, patch),
  );
  expect(outcome).toEqual({ value: "patched" });
  expect(exchanges.map(({ method, headers, body }) => [method, headers["content-type"], JSON.parse(body)])).toEqual([
    ["PATCH", "application/merge-patch+json", patch],
  ]);
});

test.each([
  { what: "changed meanwhile", answer: status(409, "Conflict", "the object has been modified"), code: 409 },
  { what: "gone meanwhile", answer: status(404, "NotFound", "not found"), code: 404 },
])("a patch of an object that is $what did nothing", async ({ answer, code }) => {
  const { outcome, exchanges } = await asking(
    (exchange) => exchange.json(code, answer),
    (client) => client.patch(name, patch),
  );
  expect(outcome).toEqual({ value: "stale" });
  expect(exchanges).toHaveLength(1);
});

test("a refusal says which permission is missing", async () => {
  const { outcome } = await asking(
    (exchange) => exchange.json(403, status(403, "Forbidden", "no")),
    (client) => client.patch(name, patch),
  );
  expect(outcome).toEqual({ error: expect.any(KubeRequestFailed) });
  const { message } = (outcome as { error: Error }).error;
  expect(message).toMatch(/cannot patch apiservices\.apiregistration\.k8s\.io "v1\.metrics\.k8s\.io"/);
  expect(message).toMatch(/resources: \["apiservices"\], verbs: \["patch"\]/);
});

test("an answer that is no object is refused", async () => {
  const { outcome } = await asking(
    (exchange) => exchange.json(200, "[]"),
    (client) => client.get(name),
  );
  expect(outcome).toEqual({ error: expect.any(KubeAnswerInvalid) });
});
