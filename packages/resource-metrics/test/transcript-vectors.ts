/**
 * http-transcripts.json, what depends on nodes and pods: each fixture's kubelet pages go through the real decoder and
 * store, and its requests to a live server, byte for byte.
 */
import {
  type AreaBinding,
  type Deviation,
  same,
  type VectorCase,
  type VectorFile,
  type Verdict,
} from "@kubemetrics/conformance";
import type { ApiGroup } from "@kubemetrics/apiservice";
import { KubeletError, ResourceDecoder } from "@kubemetrics/kubelet";
import { UsageStore } from "@kubemetrics/usage";
import { type KnownObjects, resourceMetricsGroup } from "../src/index.ts";
import { type DescribedNode, type DescribedPod, FixedCluster } from "./fixed-cluster.ts";
import { takeApart, type TakenApart } from "./transcript-items.ts";
import { LiveServer, type RawAnswer, type RawRequest } from "./live-server.ts";

interface Fixture {
  readonly name: string;
  readonly now: string;
  readonly metricResolution: string;
  readonly nodes: readonly DescribedNode[] | null;
  readonly pods: readonly DescribedPod[] | null;
  readonly scrapes:
    | readonly {
        readonly kubelets: Readonly<Record<string, { readonly status: number; readonly body: string }>>;
      }[]
    | null;
  readonly faults?: { readonly listError?: string; readonly panic?: string };
}

interface TranscriptCase extends VectorCase {
  readonly fixture: string;
  readonly req: RawRequest;
  readonly res: Recorded;
}

interface Recorded {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
}

// The server

const groups = new Map<string, ApiGroup>();

function fixtureGroup(name: string, file: VectorFile): ApiGroup {
  let group = groups.get(name);
  if (group === undefined) groups.set(name, (group = groupOf(fixtureOf(name, file))));
  return group;
}

function fixtureOf(name: string, file: VectorFile): Fixture {
  const fixture = (file["fixtures"] as readonly Fixture[]).find((candidate) => candidate.name === name);
  if (fixture === undefined) throw new Error(`no fixture ${name}`);
  return fixture;
}

function groupOf(fixture: Fixture): ApiGroup {
  const clock = (): number => Date.parse(fixture.now);
  const cluster = new FixedCluster(fixture.nodes ?? [], fixture.pods ?? []);
  const isRunning = (namespace: string, name: string): boolean => cluster.pod(namespace, name) !== undefined;
  const store = new UsageStore({
    resolutionMs: Number.parseInt(fixture.metricResolution, 10) * 1000,
    clock,
    isRunning,
  });
  const decoders = new Map<string, ResourceDecoder>();
  for (const { kubelets } of fixture.scrapes ?? []) {
    for (const [node, page] of Object.entries(kubelets)) {
      const decoder = decoders.get(node) ?? new ResourceDecoder(node);
      decoders.set(node, decoder);
      if (page.status === 200) commit(store, node, decoder, page.body, clock());
    }
  }
  const { listError } = fixture.faults ?? {};
  const known = listError === undefined ? cluster : failing(listError);
  // The recorded server knows no v1.
  return resourceMetricsGroup({ usage: store, known, clock, versions: ["v1beta1"] });
}

function commit(store: UsageStore, node: string, decoder: ResourceDecoder, body: string, nowMs: number): void {
  try {
    store.commit(node, decoder.decode(Buffer.from(body), nowMs).points);
  } catch (error) {
    if (!(error instanceof KubeletError)) throw error;
  }
}

function failing(message: string): KnownObjects {
  const fail = (): never => {
    throw new Error(message);
  };
  return { nodes: fail, node: fail, pods: fail, pod: fail };
}

// The comparison

const leftOut: ReadonlySet<string> = new Set(["date", "content-length", "connection", "keep-alive"]);

const answers = new Map<string, Promise<ReadonlyMap<string, RawAnswer>>>();

/** Asks everything of a fixture at once and ends the server: nobody tells a binding when the last case was run. */
async function answersOf(fixture: string, file: VectorFile): Promise<ReadonlyMap<string, RawAnswer>> {
  await using server = await LiveServer.start(fixtureGroup(fixture, file));
  const given = new Map<string, RawAnswer>();
  for (const test of file.cases as readonly TranscriptCase[]) {
    if (test.fixture === fixture && isOurs(test)) given.set(test.id, await server.ask(test.req));
  }
  return given;
}

async function answer(test: TranscriptCase, file: VectorFile): Promise<RawAnswer> {
  let all = answers.get(test.fixture);
  if (all === undefined) answers.set(test.fixture, (all = answersOf(test.fixture, file)));
  const given = (await all).get(test.id);
  if (given === undefined) throw new Error(`${test.id} was not asked`);
  return given;
}

/** The answer to another target than the case's. */
async function answerTo(target: string, { fixture, req }: TranscriptCase, file: VectorFile): Promise<RawAnswer> {
  await using server = await LiveServer.start(fixtureGroup(fixture, file));
  return await server.ask({ ...req, target });
}

/** An answer in the form of the recorded ones. */
function shown({ status, headers, body }: RawAnswer, like: Recorded): Recorded {
  const names = [...headers.keys()].filter((name) => !leftOut.has(name));
  const values = names.map((name): [string, string] => {
    const goName = name.replaceAll(/(^|-)[a-z]/g, (part) => part.toUpperCase());
    return [goName, like.headers?.[goName] === "<any>" ? "<any>" : (headers.get(name) ?? "")];
  });
  const content =
    like.bodyBase64 === undefined ? { body: body.toString("utf8") } : { bodyBase64: body.toString("base64") };
  return { status, headers: Object.fromEntries(values), ...content };
}

async function check(given: VectorCase, file: VectorFile): Promise<Verdict> {
  const test = given as TranscriptCase;
  return same(test.res, shown(await answer(test, file), test.res));
}

function isOurs(given: VectorCase): boolean {
  const { req, res } = given as TranscriptCase;
  const isRefusedByFramework = req.method === "FOO" || req.headers.some(([name]) => name === "Upgrade");
  return (
    /^\/apis\/?(?:metrics\.k8s\.io.*)?(?:\?.*)?$/.test(req.target) && !isRefusedByFramework && res.status !== undefined
  );
}

// The differences

function recordedBody({ body, bodyBase64 }: Recorded): Buffer {
  return bodyBase64 === undefined ? Buffer.from(body ?? "") : Buffer.from(bodyBase64, "base64");
}

const containerLine = /^container_(\w+)\{container="([^"]*)",namespace="([^"]*)",pod="([^"]*)"\} (\S+)/gm;

interface Reading {
  readonly family: string;
  readonly container: string;
  readonly pod: string;
  readonly value: number;
}

function readings(scrape: NonNullable<Fixture["scrapes"]>[number] | undefined): Reading[] {
  return Object.values(scrape?.kubelets ?? {}).flatMap(({ body }) =>
    [...body.matchAll(containerLine)].map(([, family = "", container = "", namespace = "", name = "", value]) => ({
      family,
      container,
      pod: `${namespace}/${name}`,
      value: Number(value),
    })),
  );
}

/** Pods with a zero among their usage: upstream drops the whole pod. */
function podsWithZero({ scrapes }: Fixture): ReadonlySet<string> {
  const zeros = readings(scrapes?.at(-1)).filter(({ family, value }) => family !== "start_time_seconds" && value === 0);
  return new Set(zeros.map(({ pod }) => pod));
}

/** Pods with a container that has no rate, because its counter went back: upstream leaves the container out. */
function podsWithoutAContainer({ scrapes }: Fixture): ReadonlySet<string> {
  const cpu = (scrape: number): Map<string, Reading> =>
    new Map(
      readings(scrapes?.at(scrape))
        .filter(({ family }) => family === "cpu_usage_seconds_total")
        .map((reading) => [`${reading.pod}/${reading.container}`, reading]),
    );
  const before = cpu(-2);
  return new Set([...cpu(-1)].flatMap(([key, { pod, value }]) => (value < (before.get(key)?.value ?? 0) ? [pod] : [])));
}

/** The recorded answer without pods that lack a container, with pods that have zeros, and otherwise the same. */
async function checkPods(given: VectorCase, file: VectorFile): Promise<Verdict> {
  const test = given as TranscriptCase;
  const fixture = fixtureOf(test.fixture, file);
  const [zero, partial] = [podsWithZero(fixture), podsWithoutAContainer(fixture)];
  const ours = await answer(test, file);
  const [, namespace, name] = /\/namespaces\/([^/?]+)\/pods\/([^/?]+)/.exec(test.req.target) ?? [];
  const key = `${namespace}/${name}`;
  if (partial.has(key)) return same([404, true], [ours.status, ours.body.includes("podmetrics.metrics.k8s.io")]);
  if (zero.has(key)) return same([200, true], [ours.status, ours.body.includes('"cpu":"0"')]);
  const type = ours.headers.get("content-type") ?? "";
  const shownItems = takeApart(ours.body, type);
  const recordedItems = takeApart(recordedBody(test.res), type);
  const without = ({ rest, items }: TakenApart, pods: ReadonlySet<string>): unknown => [
    rest,
    ...[...items].filter(([pod]) => !pods.has(pod)),
  ];
  return same(without(recordedItems, partial), without(shownItems, zero));
}

/** Pods that `node` reports, of those that the request would list without its selector. */
async function checkNodeName(given: VectorCase, file: VectorFile): Promise<Verdict> {
  const test = given as TranscriptCase;
  const [, selected = ""] = /spec\.nodeName=([^&]*)/.exec(test.req.target) ?? [];
  const page = fixtureOf(test.fixture, file).scrapes?.at(-1)?.kubelets[selected]?.body ?? "";
  const isOnNode = (key: string): boolean => {
    const [namespace, name] = key.split("/");
    return page.includes(`namespace="${namespace}",pod="${name}"}`);
  };
  const itemsFor = async (target: string): Promise<[string, string][]> => {
    const { body, headers } = await answerTo(target, test, file);
    return [...takeApart(body, headers.get("content-type") ?? "").items];
  };
  const all = await itemsFor(test.req.target.split("?")[0] ?? "");
  return same(
    all.filter(([key]) => isOnNode(key)),
    await itemsFor(test.req.target),
  );
}

function pathOf(test: VectorCase): string {
  return (test as TranscriptCase).req.target.split("?")[0] ?? "";
}

const deviations: readonly Deviation[] = [
  {
    name: "pods-by-node",
    reason:
      "spec.nodeName selects the pods that a node's kubelet reported; agents on nodes need it, upstream refuses it",
    applies: (test) => pathOf(test).endsWith("/pods") && (test as TranscriptCase).req.target.includes("spec.nodeName="),
    check: checkNodeName,
  },
  {
    name: "refusals-name-spec.nodeName",
    reason: "a refused field selector names the fields that are known, and pods know one more",
    applies: (test) =>
      pathOf(test).endsWith("/pods") && ((test as TranscriptCase).res.body ?? "").includes(knownFields),
    check: async (given, file) => {
      const test = given as TranscriptCase;
      const body = (test.res.body ?? "").replace(knownFields, `${knownFields}, \\"spec.nodeName\\"`);
      return same({ ...test.res, body }, shown(await answer(test, file), test.res));
    },
  },
  {
    name: "no-partial-pods",
    reason: "a pod served without one of its containers looks idle, and an autoscaler shrinks it",
    applies: (test, file) => {
      const body = recordedBody((test as TranscriptCase).res).toString("latin1");
      const pods = [...podsWithoutAContainer(fixtureOf((test as TranscriptCase).fixture, file))];
      return pods.some((pod) => body.includes(pod.split("/")[1] ?? ""));
    },
    check: checkPods,
  },
  {
    name: "zero-is-a-value",
    reason: "a container that did nothing used nothing; upstream drops its whole pod",
    applies: (test, file) => podsWithZero(fixtureOf((test as TranscriptCase).fixture, file)).size > 0,
    check: checkPods,
  },
];

const knownFields = '\\"metadata.name\\", \\"metadata.namespace\\"';

export const transcriptBinding: AreaBinding = { area: "http-transcripts", covers: isOurs, check, deviations };
