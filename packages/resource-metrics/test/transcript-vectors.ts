/**
 * http-transcripts.json, what depends on nodes and pods: requests go to a live server and answers are compared byte for
 * byte.
 */
import {
  type AreaBinding,
  type Deviation,
  same,
  type VectorCase,
  type VectorFile,
  type Verdict,
} from "@kubemetrics/conformance";
import { LiveServer, type RawAnswer, type RawRequest } from "./live-server.ts";
import { type Fixture, fixtureGroup, type Recorded, shown } from "./transcript-fixture.ts";
import { takeApart } from "./transcript-items.ts";
import { comparePods, hasPodWithZero, showsPartialPod } from "./transcript-pods.ts";

interface TranscriptCase extends VectorCase {
  readonly fixture: string;
  readonly req: RawRequest;
  readonly res: Recorded;
}

// The server

function fixtureOf(name: string, file: VectorFile): Fixture {
  const fixture = (file["fixtures"] as readonly Fixture[]).find((candidate) => candidate.name === name);
  if (fixture === undefined) throw new Error(`no fixture ${name}`);
  return fixture;
}

// The comparison

const answers = new Map<string, Promise<ReadonlyMap<string, RawAnswer>>>();

/** Asks everything of a fixture at once and ends the server: nobody tells a binding when the last case was run. */
async function answersOf(fixture: string, file: VectorFile): Promise<ReadonlyMap<string, RawAnswer>> {
  await using server = await LiveServer.start(fixtureGroup(fixtureOf(fixture, file)));
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
  await using server = await LiveServer.start(fixtureGroup(fixtureOf(fixture, file)));
  return await server.ask({ ...req, target });
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

async function checkPods(given: VectorCase, file: VectorFile): Promise<Verdict> {
  const test = given as TranscriptCase;
  return comparePods(fixtureOf(test.fixture, file), test.req.target, test.res, await answer(test, file));
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
    applies: (test, file) =>
      showsPartialPod(fixtureOf((test as TranscriptCase).fixture, file), (test as TranscriptCase).res),
    check: checkPods,
  },
  {
    name: "zero-is-a-value",
    reason: "a container that did nothing used nothing; upstream drops its whole pod",
    applies: (test, file) => hasPodWithZero(fixtureOf((test as TranscriptCase).fixture, file)),
    check: checkPods,
  },
];

const knownFields = '\\"metadata.name\\", \\"metadata.namespace\\"';

export const transcriptBinding: AreaBinding = { area: "http-transcripts", covers: isOurs, check, deviations };
