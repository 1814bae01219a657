/** http-transcripts.json, the framework's part: paths, discovery, health, methods, refusals. Data is resource-metrics'. */
import { same, type AreaBinding, type Deviation, type VectorCase, type Verdict } from "@kubemetrics/conformance";
import { RawClient } from "./test-server.ts";
import { startTranscriptServer } from "./transcript-server.ts";
import { goHeaderName } from "./vector-asker.ts";

interface TranscriptCase extends VectorCase {
  readonly fixture: string;
  readonly req: {
    readonly method: string;
    readonly target: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly body?: string;
  };
  readonly res: RecordedAnswer;
}

interface RecordedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly bodyOmitted?: string;
  readonly connectionClosed?: boolean;
}

const resourcePath = /^\/apis\/metrics\.k8s\.io\/v1beta1\/./;
const frameworkStatuses: ReadonlySet<number> = new Set([405, 406, 422]);
const frameworkTexts = /the server could not find the requested resource|invalid timeout|strconv|RequestInfo/;

/** Cases whose answer does not depend on nodes and pods. */
function isFrameworks({ req, res, fixture }: TranscriptCase): boolean {
  if (!resourcePath.test(req.target) || req.headers.some(([name]) => name === "Upgrade")) return true;
  if (fixture === "panic") return true;
  return frameworkStatuses.has(res.status ?? 0) || frameworkTexts.test(res.body ?? "");
}

/** A server for each case: nothing stays open when the last one has been replayed. */
async function replay({ fixture, req, res }: TranscriptCase): Promise<RecordedAnswer> {
  await using server = await startTranscriptServer(fixture);
  const client = await RawClient.connect(server.port);
  const lines = [`${req.method} ${req.target} HTTP/1.1`, "Host: metrics-server.kube-system.svc", "Connection: close"];
  const length = req.body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(req.body)}`];
  const headers = req.headers.map(([name, value]) => `${name}: ${value}`);
  client.write(Buffer.from(`${[...lines, ...headers, ...length].join("\r\n")}\r\n\r\n${req.body ?? ""}`));
  const answer = await client.answer(req.method === "HEAD");
  client.end();
  if (answer === undefined) return { connectionClosed: true };
  return { status: answer.status, headers: recordedHeaders(answer.headers, res), ...content(answer.body, res) };
}

const leftOut: ReadonlySet<string> = new Set([
  "date",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
]);

function recordedHeaders(headers: Readonly<Record<string, string>>, like: RecordedAnswer): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (leftOut.has(name)) continue;
    const goName = goHeaderName(name);
    shown[goName] = like.headers?.[goName] === "<any>" ? "<any>" : value;
  }
  return shown;
}

function content(body: Buffer, like: RecordedAnswer): Partial<RecordedAnswer> {
  if (like.bodyOmitted !== undefined) return { bodyOmitted: like.bodyOmitted };
  return like.bodyBase64 === undefined ? { body: body.toString("utf8") } : { bodyBase64: body.toString("base64") };
}

async function check(test: VectorCase): Promise<Verdict> {
  return same((test as TranscriptCase).res, await replay(test as TranscriptCase));
}

/** The answer with other parts than recorded. */
function answers(change: (recorded: RecordedAnswer) => RecordedAnswer): Deviation["check"] {
  return async (test) => {
    const recorded = test as TranscriptCase;
    const expected = change(recorded.res);
    return same(expected, await replay({ ...recorded, res: expected }));
  };
}

const jsonError = { "Audit-Id": "<any>", "Cache-Control": "no-cache, private", "Content-Type": "application/json" };

function hasHeader(test: VectorCase, name: string): boolean {
  return (test as TranscriptCase).req.headers.some(([given]) => given === name);
}

function targetOf(test: VectorCase): string {
  return (test as TranscriptCase).req.target.split("?")[0] ?? "";
}

function isIndex(test: VectorCase): boolean {
  return (test as TranscriptCase).res.body?.includes('"/statusz"') ?? false;
}

function withoutStatusz(res: RecordedAnswer): RecordedAnswer {
  return { ...res, body: (res.body ?? "").replace('    "/statusz",\n', "") };
}

const deviations: readonly Deviation[] = [
  {
    name: "index-lists-own-paths",
    reason: "the list of paths shows the paths of this server, which has no /statusz",
    applies: isIndex,
    check: answers(withoutStatusz),
  },
  {
    name: "upgrade-is-refused",
    reason:
      "a connection whose upgrade was refused must not stay open (CVE-2018-1002105), so it is answered 400 and closed",
    applies: (test) => hasHeader(test, "Upgrade"),
    check: answers(() => ({
      status: 400,
      headers: {
        "Cache-Control": "no-cache, private",
        "Content-Type": "text/plain; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
      },
      body: "this server does not speak any other protocol: send the request without Upgrade\n",
    })),
  },
  {
    name: "unknown-methods-are-refused-by-the-parser",
    reason: "Node's HTTP parser knows the registered methods and answers 400 to others before any handler",
    applies: (test) => (test as TranscriptCase).req.method === "FOO",
    check: answers(() => ({ status: 400, headers: {}, body: "" })),
  },
  {
    name: "panic-answers-500",
    reason: "a handler that throws gets a plain 500 instead of a closed connection, and the process lives",
    applies: (test) => (test as TranscriptCase).res.connectionClosed === true,
    check: answers(() => ({
      status: 500,
      headers: {
        "Audit-Id": "<any>",
        "Cache-Control": "no-cache, private",
        "Content-Type": "text/plain; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
      },
      body: "This request caused apiserver to panic. Look in the logs for details.\n",
    })),
  },
  {
    name: "no-debug-endpoints",
    reason: "there is no Go profile to show; unknown paths get the list of paths",
    applies: (test) => targetOf(test).startsWith("/debug/"),
    check: answers(() => ({ status: 404, headers: jsonError, bodyOmitted: "index" })),
  },
  {
    name: "no-process-start-header-on-metrics",
    reason: "the header repeats process_start_time_seconds of the page itself",
    applies: (test) => targetOf(test) === "/metrics",
    check: answers(({ headers, ...rest }) => {
      const { "Process-Start-Time-Unix": _, ...kept } = headers ?? {};
      return { ...rest, headers: kept };
    }),
  },
  {
    name: "openapi-describes-the-api-only",
    reason:
      "the documents describe the served group versions, with their own hash; an unknown document is 404, so that a client does not take an empty body for one",
    applies: (test) => targetOf(test).startsWith("/openapi/"),
    check: openApiAnswer,
  },
];

async function openApiAnswer(test: VectorCase): Promise<Verdict> {
  const recorded = test as TranscriptCase;
  const isDocument = !/v3\/$|nope|v3\/apis$|v3\/version$/.test(targetOf(test));
  const answer = await replay({ ...recorded, res: {} });
  const type = answer.headers?.["Content-Type"];
  const summary = {
    status: answer.status,
    type,
    hasTag: answer.headers?.["Etag"] !== undefined,
    isJson: isJson(answer),
  };
  if (recorded.res.status === 406) return same({ status: 406, type: undefined, hasTag: false, isJson: false }, summary);
  const expected = { status: isDocument ? 200 : 404, type: "application/json", hasTag: isDocument, isJson: true };
  return same(expected, summary);
}

function isJson({ body = "" }: RecordedAnswer): boolean {
  try {
    return typeof JSON.parse(body) === "object";
  } catch {
    return false;
  }
}

export const transcriptBinding: AreaBinding = {
  area: "http-transcripts",
  covers: (test) => isFrameworks(test as TranscriptCase),
  check,
  deviations,
};
