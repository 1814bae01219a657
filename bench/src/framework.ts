/**
 * The whole chain of the framework beside a bare node:https handler with the same body: authenticated over warm connections of the front
 * proxy, with the access review remembered. Servers and load in processes of their own.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";
import { boundFigure, ratioFigure, type Figure } from "./harness.ts";
import {
  largePath,
  smallPath,
  type LoadDone,
  type LoadOrder,
  type ServerOrder,
  type ServerQuestion,
  type ServerReady,
  type ServerState,
} from "./framework/messages.ts";

const pairs = 10;
const turnsAPair = 4;
const processesAPair = 3;
const turnsOfProcesses = 2;
const smallBytes = 1024;
const largeBytes = 2 * 1024 * 1024;
const reviewTtlMs = 10_000;
/** Of every process here, as `apps/` are run: docs/decisions/0010-no-pretenuring.md. */
const runtimeFlags = ["--no-allocation-site-pretenuring"];

const servingCa = issueAuthority({ commonName: "serving-ca" });
const proxyCa = issueAuthority({ commonName: "front-proxy-ca" });
const proxy = issueClient(proxyCa, { commonName: "front-proxy-client" });
const stranger = issueClient(proxyCa, { commonName: "somebody else" });
const serving = issueServer(servingCa, { commonName: "localhost", dnsNames: ["localhost"], ipAddresses: [] });

export async function run(): Promise<readonly Figure[]> {
  const children: ChildProcess[] = [];
  const started: Starter = (name) => {
    const child = fork(fileURLToPath(new URL(`framework/${name}.ts`, import.meta.url)), {
      execArgv: [...process.execArgv, ...runtimeFlags],
    });
    children.push(child);
    return child;
  };
  try {
    const bare = await BenchServer.start(started("server"), "bare");
    const framework = await BenchServer.start(started("server"), "framework");
    const load = started("load");
    await checkRefusals(framework);
    const reviewsPerQuestion = await mostReviews(framework, load);
    for (const server of [bare, framework]) await server.cost(load, smallLoad);
    const small: Pair[] = [];
    for (let at = 0; at < pairs; at++) {
      const spent = await interleaved(bare, framework, load, smallLoad, turnsAPair);
      small.push({ bare: each(spent.bare), framework: each(spent.framework) });
    }
    for (const server of [bare, framework]) server.stop();
    const large: Pair[] = [];
    for (let at = 0; at < pairs; at++) large.push(await freshPair(started, load));
    return [
      boundFigure(
        {
          figure: "1 KB: CPU a request beyond the bare handler's, which is beside it",
          unit: "us",
          ours: median(small.map((pair) => pair.framework.cpuUs - pair.bare.cpuUs)),
          peer: median(small.map((pair) => pair.bare.cpuUs)),
        },
        20,
      ),
      ratioFigure(ratioOf("1 KB: time a request, saturated", small, "wallUs"), 0.45),
      ratioFigure(ratioOf("2 MB: CPU a request", large, "cpuUs"), 1 / 1.05),
      ratioFigure(ratioOf("2 MB: time a request, saturated", large, "wallUs"), null),
      boundFigure(
        {
          figure: "access reviews a question and time to live, 1,000 requests at once",
          unit: "reviews",
          ours: reviewsPerQuestion,
        },
        1,
      ),
    ];
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

/** What a server spent on some requests. */
interface Spent {
  readonly cpuUs: number;
  readonly elapsedUs: number;
  readonly requests: number;
}

/** Of one request. */
interface Cost {
  readonly cpuUs: number;
  readonly wallUs: number;
}

interface Pair {
  readonly bare: Cost;
  readonly framework: Cost;
}

type Width = Pick<LoadOrder, "connections" | "users" | "keepsConnections">;

/** Opened in the turn that is not counted. */
const warmWidth: Width = { connections: 16, users: 8, keepsConnections: true };

type Load = Pick<LoadOrder, "path" | "bodyBytes" | "durationMs">;

const smallLoad: Load = { path: smallPath, bodyBytes: smallBytes, durationMs: 300 };
const largeLoad: Load = { path: largePath, bodyBytes: largeBytes, durationMs: 400 };

type Starter = (name: string) => ChildProcess;

interface PairSpent {
  readonly bare: Spent;
  readonly framework: Spent;
}

/** Over warm connections, in short turns, the first one changing: a busy moment of the machine hits both. */
async function interleaved(
  bare: BenchServer,
  framework: BenchServer,
  load: ChildProcess,
  what: Load,
  turns: number,
): Promise<PairSpent> {
  const spent = { bare: nothing, framework: nothing };
  for (let turn = 0; turn < turns; turn++) {
    const order = turn % 2 === 0 ? (["bare", "framework"] as const) : (["framework", "bare"] as const);
    for (const kind of order) {
      spent[kind] = sum(spent[kind], await (kind === "bare" ? bare : framework).cost(load, what));
    }
  }
  return spent;
}

/**
 * Large answers, from processes that serve nothing else after. Nine tenths of their cost are copies in libc and the kernel, and how fast
 * those are hangs on where a process happened to put its buffers: one pair of processes differs by up to a tenth from the next, so a pair
 * is of several.
 */
async function freshPair(started: Starter, load: ChildProcess): Promise<Pair> {
  let bare = nothing;
  let framework = nothing;
  for (let at = 0; at < processesAPair; at++) {
    const spent = await freshProcesses(started, load);
    bare = sum(bare, spent.bare);
    framework = sum(framework, spent.framework);
  }
  return { bare: each(bare), framework: each(framework) };
}

async function freshProcesses(started: Starter, load: ChildProcess): Promise<PairSpent> {
  const bare = await BenchServer.start(started("server"), "bare");
  const framework = await BenchServer.start(started("server"), "framework");
  try {
    for (const what of [smallLoad, largeLoad]) {
      for (const server of [bare, framework]) await server.cost(load, what);
    }
    return await interleaved(bare, framework, load, largeLoad, turnsOfProcesses);
  } finally {
    for (const server of [bare, framework]) server.stop();
  }
}

const nothing: Spent = { cpuUs: 0, elapsedUs: 0, requests: 0 };

function sum(one: Spent, other: Spent): Spent {
  return {
    cpuUs: one.cpuUs + other.cpuUs,
    elapsedUs: one.elapsedUs + other.elapsedUs,
    requests: one.requests + other.requests,
  };
}

function each({ cpuUs, elapsedUs, requests }: Spent): Cost {
  return { cpuUs: cpuUs / requests, wallUs: elapsedUs / requests };
}

/** The median of the pairs' ratios, shown with the bare handler's median. */
function ratioOf(
  figure: string,
  all: readonly Pair[],
  key: keyof Cost,
): { figure: string; unit: string; ours: number; peer: number } {
  const peer = median(all.map((pair) => pair.bare[key]));
  return {
    figure,
    unit: key === "cpuUs" ? "us CPU" : "us",
    ours: peer * median(all.map((pair) => pair.framework[key] / pair.bare[key])),
    peer,
  };
}

/** 1,000 connections, ten users, all at the same moment, over three times to live. */
async function mostReviews(server: BenchServer, load: ChildProcess): Promise<number> {
  const users = 10;
  const rounds: number[] = [];
  let before = (await server.state(reviewTtlMs)).reviews;
  for (let round = 0; round < 3; round++) {
    await server.load(
      load,
      { path: smallPath, bodyBytes: smallBytes, durationMs: undefined },
      { connections: 1_000, users, keepsConnections: false },
    );
    const { reviews } = await server.state(reviewTtlMs);
    rounds.push((reviews - before) / users);
    before = reviews;
  }
  return Math.max(...rounds);
}

/** The chain that is measured is one that refuses. */
async function checkRefusals(server: BenchServer): Promise<void> {
  const load = fork(fileURLToPath(new URL("framework/load.ts", import.meta.url)), { stdio: "ignore" });
  const refused = new Promise<void>((resolve, reject) => {
    load.once("message", () => reject(new Error("a certificate with a name that is not allowed was let in")));
    load.once("exit", () => resolve());
  });
  load.send(
    server.order(
      { path: smallPath, bodyBytes: smallBytes, durationMs: undefined },
      { connections: 1, users: 1, keepsConnections: false },
      stranger,
    ),
  );
  await refused;
}

class BenchServer {
  readonly #child: ChildProcess;
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(child: ChildProcess, kind: ServerOrder["kind"]): Promise<BenchServer> {
    const order: ServerOrder = { kind, serving, proxyCaPem: proxyCa.certificatePem };
    child.send(order);
    return new BenchServer(child, (await message<ServerReady>(child)).port);
  }

  order(what: Load, width: Width, client: KeyPair = proxy): LoadOrder {
    return { ...what, ...width, client, port: this.#port, caPem: servingCa.certificatePem };
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }

  async state(passMs: number): Promise<ServerState> {
    const question: ServerQuestion = { passMs };
    this.#child.send(question);
    return message<ServerState>(this.#child);
  }

  async load(load: ChildProcess, what: Load, width: Width): Promise<LoadDone> {
    load.send(this.order(what, width));
    return message<LoadDone>(load);
  }

  async cost(load: ChildProcess, what: Load): Promise<Spent> {
    const before = await this.state(0);
    const { requests, elapsedMs } = await this.load(load, what, warmWidth);
    const after = await this.state(0);
    return { cpuUs: after.cpuUs - before.cpuUs, elapsedUs: elapsedMs * 1000, requests };
  }
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`child ended with status ${code} before it answered`));
    child.once("exit", ended);
    child.once("message", (value) => {
      child.off("exit", ended);
      resolve(value as T);
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
