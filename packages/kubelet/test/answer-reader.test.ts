/** Answers as they may come over a connection: whole, in pieces, and wrong. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnswerReader } from "../src/internal/answer-reader.ts";
import { BodyPool } from "../src/internal/body-pool.ts";
import { ExchangeFailure } from "../src/internal/exchange-failure.ts";

interface Read {
  readonly status: number | undefined;
  readonly encoding: string | undefined;
  readonly body: string;
  readonly isWhole: boolean;
  readonly keeps: boolean;
}

/** Reads pieces, and the connection's end when `ends`. */
function read(pieces: readonly string[], ends = false, maxBodyBytes = 1_000_000): Read {
  const reader = new AnswerReader(new BodyPool(), maxBodyBytes);
  let isWhole = false;
  for (const piece of pieces) if (!isWhole) isWhole = reader.read(Buffer.from(piece, "latin1"));
  if (ends) isWhole = reader.end();
  const { head, keepsConnection: keeps } = reader;
  return {
    status: head?.status,
    encoding: head?.encoding,
    body: reader.takeBody().view().toString("latin1"),
    isWhole,
    keeps,
  };
}

const ok = "HTTP/1.1 200 OK\r\n";

describe("an answer ends", () => {
  test.each([
    ["after its length", `${ok}Content-Length: 4\r\n\r\npage`, "page"],
    ["after a length of nothing", `${ok}Content-Length: 0\r\n\r\n`, ""],
    ["after its length, in whatever case it is written", `${ok}content-length:4\r\n\r\npage`, "page"],
    ["with its last chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\npa\r\n2;x=y\r\nge\r\n0\r\n\r\n`, "page"],
    [
      "after the trailers of its chunks",
      `${ok}Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n`,
      "0123456789",
    ],
    ["after an interim one", `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`, "x"],
  ])("%s", (_, text, body) => {
    expect(read([text])).toEqual({ status: 200, encoding: "identity", body, isWhole: true, keeps: true });
  });

  test("without a body when it can have none", () => {
    expect(read(["HTTP/1.1 204 No Content\r\n\r\n"])).toMatchObject({ status: 204, isWhole: true, keeps: true });
  });

  test("with the connection when nothing else is told, and only then", () => {
    const text = `${ok}Content-Encoding: GZIP\r\n\r\nuntil the end`;
    expect(read([text])).toMatchObject({ isWhole: false });
    expect(read([text], true)).toEqual({
      status: 200,
      encoding: "gzip",
      body: "until the end",
      isWhole: true,
      keeps: false,
    });
  });
});

describe("a connection is not used again", () => {
  test.each([
    ["when the answer says so", `${ok}Connection: close\r\nContent-Length: 1\r\n\r\nx`],
    ["after HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"],
    ["when more comes than was asked for", `${ok}Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n`],
  ])("%s", (_, text) => {
    expect(read([text])).toMatchObject({ body: "x", isWhole: true, keeps: false });
  });

  test("except after HTTP/1.0 that keeps it", () => {
    expect(read(["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx"]).keeps).toBe(true);
  });
});

describe("an answer is not whole when the connection ends", () => {
  test.each([
    ["in the head", `${ok}Content-`],
    ["in the body", `${ok}Content-Length: 9\r\n\r\nhalf`],
    ["in a chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n9\r\nhalf`],
    ["before the last chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\npage\r\n`],
    ["in the trailers", `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\npage\r\n0\r\nX: y\r\n`],
  ])("%s", (_, text) => {
    expect(read([text], true).isWhole).toBe(false);
  });
});

describe("an answer that could be read in two ways is refused", () => {
  test.each([
    ["another protocol", "SSH-2.0-OpenSSH\r\n"],
    ["HTTP/2", "HTTP/2 200\r\n\r\n"],
    ["no status", "HTTP/1.1 OK\r\n\r\n"],
    ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["chunks and a length", `${ok}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n`],
    ["another transfer coding", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ["two lengths", `${ok}Content-Length: 4\r\nContent-Length: 5\r\n\r\n`],
    ["a length that is no number", `${ok}Content-Length: +4\r\n\r\n`],
    ["a header line without colon", `${ok}what is this\r\n\r\n`],
    ["a folded header", `${ok}A: b\r\n c\r\n\r\n`],
    ["a blank before the colon", `${ok}Content-Length : 4\r\n\r\n`],
    ["a chunk without size", `${ok}Transfer-Encoding: chunked\r\n\r\n\r\npage\r\n`],
    ["a negative chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ["an absurd chunk", `${ok}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(13)}\r\n`],
    ["a chunk longer than its size", `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\npage\r\n`],
    ["an endless head", `${ok}${"X: y\r\n".repeat(10_000)}`],
    ["an endless size line", `${ok}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(5_000)}`],
    ["endless trailers", `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${"X: y\r\n".repeat(1_000)}`],
  ])("%s", (_, text) => {
    expect(() => read([text])).toThrow(expect.objectContaining({ kind: "not-http" }) as Error);
  });
});

test.each([
  ["told before", `${ok}Content-Length: 11\r\n\r\n`],
  ["in one chunk", `${ok}Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890`],
  ["in chunks", `${ok}Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n`],
  ["until the end", `${ok}\r\n01234567890`],
])("a body beyond the cap is refused: %s", (_, text) => {
  expect(() => read([text], false, 10)).toThrow(expect.objectContaining({ kind: "too-big" }) as Error);
});

test("of an error's body only the beginning is kept, and the connection goes", () => {
  const { body, ...answer } = read([`HTTP/1.1 500 Oh\r\nContent-Length: 99999\r\n\r\n${"x".repeat(5_000)}`]);
  expect(answer).toMatchObject({ status: 500, isWhole: true, keeps: false });
  expect(body).toHaveLength(4096);
});

test("it does not matter where an answer is cut into pieces", () => {
  const chunks = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: "binary-ascii" }), { maxLength: 6 });
  fc.assert(
    fc.property(chunks, fc.boolean(), fc.array(fc.nat(400), { maxLength: 12 }), (parts, isChunked, cuts) => {
      const body = parts.join("");
      const framed = isChunked
        ? `Transfer-Encoding: chunked\r\n\r\n${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`
        : `Content-Length: ${body.length}\r\n\r\n${body}`;
      const text = `${ok}X: y\r\n${framed}`;
      const at = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((to, index) => text.slice(at[index], to));
      expect(read(pieces)).toEqual({ status: 200, encoding: "identity", body, isWhole: true, keeps: true });
    }),
    { numRuns: 300 },
  );
});

test("any bytes are an answer, a part of one, or refused", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ok,
      "HTTP/1.1 ",
      "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n",
      "\r\n",
      "\r\n\r\n",
      "3\r\n",
      "0\r\n",
      "abc",
    ),
    fc.string({ maxLength: 20, unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, ends) => {
      expect(isAnswerOrRefused(pieces, ends)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

function isAnswerOrRefused(pieces: readonly string[], ends: boolean): boolean {
  try {
    const answer = read(pieces, ends, 50);
    return answer.body.length <= 4096 && (!answer.isWhole || answer.status !== undefined);
  } catch (error) {
    return error instanceof ExchangeFailure;
  }
}
