/** The Go metrics-server and this one over the same kubelets: the same objects and numbers, in every form that clients ask for. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiAnswer, ApiClient } from "../control-plane/api-client.ts";
import { containersByName } from "../suites/container-order.ts";
import { wordsOf } from "../suites/kubectl-commands.ts";
import { startTwoServers, type TwoServers } from "../suites/two-servers.ts";

const v1beta1 = "/apis/metrics.k8s.io/v1beta1";
let both: TwoServers;
beforeAll(async () => {
  both = await startTwoServers();
});
afterAll(() => both[Symbol.asyncDispose]());

const ask = (server: ApiClient, path: string, accept: string): Promise<ApiAnswer> =>
  server.request("GET", wordsOf(path, both.names).join(""), undefined, { accept });
const answers = async (path: string, accept = "application/json"): Promise<[ApiAnswer, ApiAnswer]> =>
  Promise.all([ask(both.ours, path, accept), ask(both.theirs, path, accept)]);

/** The Go server's creation is the time of the request, its order of containers is that of a map. */
const usual = ({ text, headers }: ApiAnswer): string =>
  headers["content-type"] === protobuf
    ? withoutCreation(text)
    : containersByName(text).replaceAll(/(creationTimestamp"?: ?"?)[\dTZ:-]+/g, "$1(creation)");

/** Field 8 of metadata: a message of 8 bytes, seconds and then nanoseconds. */
function withoutCreation(message: string): string {
  const [first = "", ...rest] = message.split("B\b\b");
  return [first, ...rest.map((part) => part.slice(part.indexOf("\u0010\0")))].join("(creation)");
}

const lists = [`${v1beta1}/nodes`, `${v1beta1}/pods`, `${v1beta1}/namespaces/{namespace}/pods`];
const objects = [`${v1beta1}/nodes/{node}`, `${v1beta1}/namespaces/{namespace}/pods/{podOfMany}`];
const refusals = [
  `${v1beta1}/nodes/nowhere`,
  `${v1beta1}/nodes/{silentNode}`,
  `${v1beta1}/namespaces/{namespace}/pods/nowhere`,
  `${v1beta1}/namespaces/{silentNamespace}/pods/{silentPod}`,
  `${v1beta1}/nodes?labelSelector=a%3D%3D%3Db`,
  `${v1beta1}/nodes?fieldSelector=spec.nonsense%3D1`,
  `${v1beta1}/nodes?watch=true`,
  `${v1beta1}/things`,
  `${v1beta1}/nodes/{node}/status`,
  "/apis/metrics.k8s.io/v2",
];
const selections = [
  `${v1beta1}/namespaces/nowhere/pods`,
  `${v1beta1}/pods?labelSelector={selector}`,
  `${v1beta1}/pods?fieldSelector=metadata.name%3D{pod}`,
  `${v1beta1}/pods?labelSelector=nothing%3Dhere`,
  `${v1beta1}/nodes?limit=1`,
  `${v1beta1}/nodes?resourceVersion=0`,
];
const discovery = [v1beta1];

const protobuf = "application/vnd.kubernetes.protobuf";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
const all = [...lists, ...objects, ...selections, ...refusals];
/** The order of containers is not mended in bytes. */
const ofOneContainer = all.filter((path) => !/pods($|\?|.*podOfMany)/.test(path) || path.includes("fieldSelector"));

describe.each([
  { form: "JSON", accept: "application/json", paths: [...all, ...discovery] },
  { form: "YAML", accept: "application/yaml", paths: [...all, ...discovery] },
  { form: "protobuf", accept: protobuf, paths: ofOneContainer },
  { form: "a table", accept: table, paths: all },
  { form: "metadata only", accept: partial, paths: lists },
])("as $form", ({ accept, paths }) => {
  it.each(paths)("%s", async (path) => {
    const [ours, theirs] = await answers(path, accept);
    expect([ours.status, ours.headers["content-type"], usual(ours)]).toEqual([
      theirs.status,
      theirs.headers["content-type"],
      usual(theirs),
    ]);
    expect(ours.status >= 400).toBe(refusals.includes(path));
  });
});

it("usage is there, and of windows that both ended at the same sample", async () => {
  const [ours] = await answers(`${v1beta1}/pods`);
  const { items } = ours.json<{ items: { window: string }[] }>();
  expect(new Set(items.map(({ window }) => window))).toEqual(new Set(["19.6s", "20.3s"]));
});
