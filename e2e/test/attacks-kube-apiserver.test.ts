/** The real review clients against a kube-apiserver that is down, slow, or not what it seems: nobody is let in, nothing waits for ever. */
import type { Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { allowing, AttackedProcess, bob, httpAnswer, type Conduct } from "../attacks/attacked-process.ts";

let server: AttackedProcess;
beforeAll(async () => {
  server = await AttackedProcess.start({ reviewTimeoutMs: 300 });
});
beforeEach(() => {
  server.conduct = allowing;
});
afterAll(() => server[Symbol.asyncDispose]());

/** Questions that nobody asked before: no answer is remembered. */
let questions = 0;
const status = (answer: string): string => answer.slice(9, 12);
const withCertificate = async (): Promise<string> => status(await server.ask(`/apis/g.io/v1/q${++questions}`, bob));
const withToken = async (token = `t${++questions}`): Promise<string> =>
  status(await server.ask(`/apis/g.io/v1/q${++questions}`, undefined, `Authorization: Bearer ${token}\r\n`));

function saying(text: string): Conduct {
  return (socket) => void socket.write(text);
}

function json(value: unknown, httpStatus = "201 Created"): Conduct {
  return saying(httpAnswer(httpStatus, JSON.stringify(value)));
}

const allowed = { allowed: true, authenticated: true, user: { username: "admin", groups: ["system:masters"] } };
const elsewhere = "Location: http://127.0.0.1:1/\r\n";

const conducts: Readonly<Record<string, Conduct>> = {
  "closes the connection": (socket) => socket.destroy(),
  "resets the connection": (socket) => socket.resetAndDestroy(),
  "says nothing": () => undefined,
  "says a byte now and then": drip("HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{"),
  "sends headers without end": drip("HTTP/1.1 201 Created\r\nX: "),
  "speaks no HTTP": saying("\x16\x03\x01\0\0 hello\r\n\r\n"),
  "sends less than it says": (socket) =>
    socket.end('HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"status":{"allowed":true'),
  "sends a page": saying(httpAnswer("200 OK", "<html>welcome</html>", "Content-Type: text/html\r\n")),
  "sends nothing at all": saying(httpAnswer("201 Created", "")),
  "sends another kind": json({ kind: "Status", status: allowed }),
  "sends a list": json([{ status: allowed }]),
  "sends null": json(null),
  "allows in another type": json({ status: { allowed: "true", authenticated: "true", user: { username: "admin" } } }),
  "allows beside the status": json({ ...allowed, status: {} }),
  "refuses us": json({ kind: "Status", status: "Failure", code: 403, ...allowed }, "403 Forbidden"),
  "does not know us": json({ kind: "Status", code: 401 }, "401 Unauthorized"),
  "does not know reviews": json({ kind: "Status", code: 404 }, "404 Not Found"),
  "is broken": json({ status: allowed }, "500 Internal Server Error"),
  "is too busy for an hour": saying(
    httpAnswer("429 Too Many Requests", JSON.stringify({ status: allowed }), "Retry-After: 3600\r\n"),
  ),
  "sends us elsewhere": saying(httpAnswer("307 Temporary Redirect", JSON.stringify({ status: allowed }), elsewhere)),
  moved: saying(httpAnswer("302 Found", JSON.stringify({ status: allowed }), elsewhere)),
};

function drip(text: string): Conduct {
  return (socket: Socket) => {
    socket.write(text);
    const timer = setInterval(() => socket.write(" "), 30);
    socket.once("close", () => clearInterval(timer));
  };
}

describe("a kube-apiserver that", () => {
  test.each(Object.entries(conducts))("%s lets nobody in", async (_name, conduct) => {
    server.conduct = conduct;
    const answers = await Promise.all([withCertificate(), withToken(), server.ask("/healthz").then(status)]);
    expect(["403", "500"]).toContain(answers[0]);
    expect(answers.slice(1)).toEqual(["401", "200"]);
  });
});

test("when it is itself again, everybody is served at once", async () => {
  server.conduct = (socket) => socket.destroy();
  expect([await withCertificate(), await withToken("good")]).toEqual(["500", "401"]);
  server.conduct = allowing;
  expect([await withCertificate(), await withToken("good")]).toEqual(["404", "404"]);
  expect(server.isAlive).toBe(true);
});
