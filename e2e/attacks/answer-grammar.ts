/** Reads bytes as a sequence of HTTP/1.1 answers, and accepts nothing that RFC 9112 does not. */

export interface SeenAnswer {
  readonly status: number;
  readonly body: string;
}

/** How the complaint begins when bytes are missing at the end and nothing else is wrong. */
export const cutOff = "an answer is cut off";
const statusLine = /^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e]*$/;
const headerLine = /^([!#$%&'*+\-.^_`|~\w]+): ?([\t\x20-\x7e\x80-\xff]*)$/;

/**
 * The answers, or what is wrong. Answers to HEAD must not be among them: they look like others without their body. The last
 * chunk may be missing: a watch goes on until the connection ends, or until something malformed comes behind its request.
 */
export function answersIn(bytes: Buffer): readonly SeenAnswer[] | string {
  const answers: SeenAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return `${cutOff}: its head has no end`;
    const [first = "", ...lines] = rest.toString("latin1", 0, end).split("\r\n");
    const status = Number(statusLine.exec(first)?.[1]);
    if (Number.isNaN(status)) return `status line ${JSON.stringify(first)}`;
    const headers = new Map<string, string>();
    for (const line of lines) {
      const [, name, value = ""] = headerLine.exec(line) ?? [];
      if (name === undefined) return `header line ${JSON.stringify(line)}`;
      headers.set(name.toLowerCase(), value);
    }
    rest = rest.subarray(end + 4);
    const body = takeBody(rest, status, headers);
    if (typeof body === "string") return body;
    answers.push({ status, body: body.text });
    rest = rest.subarray(body.length);
    if (headers.get("connection") === "close" && rest.length > 0)
      return "bytes after an answer that said it is the last";
  }
  return answers;
}

function takeBody(
  rest: Buffer,
  status: number,
  headers: ReadonlyMap<string, string>,
): { readonly text: string; readonly length: number } | string {
  if (status < 200 || status === 204 || status === 304) return { text: "", length: 0 };
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (length !== undefined && coding !== undefined) return "both a length and a transfer coding";
  if (coding !== undefined) return coding === "chunked" ? takeChunks(rest) : `transfer coding ${coding}`;
  if (length === undefined) {
    return headers.get("connection") === "close"
      ? { text: rest.toString("latin1"), length: rest.length }
      : "an answer without length on a connection that goes on";
  }
  if (!/^\d+$/.test(length)) return `length ${length}`;
  if (Number(length) > rest.length) return `${cutOff}: ${rest.length} of ${length} bytes`;
  return { text: rest.toString("latin1", 0, Number(length)), length: Number(length) };
}

function takeChunks(rest: Buffer): { readonly text: string; readonly length: number } | string {
  let text = "";
  for (let at = 0; ;) {
    if (at === rest.length) return { text, length: at };
    const line = rest.indexOf("\r\n", at);
    const size = line < 0 ? "" : rest.toString("latin1", at, line);
    if (line < 0 && /^[\da-f]*\r?$/i.test(rest.toString("latin1", at))) return `${cutOff}: in a chunk size`;
    if (!/^[\da-f]+$/i.test(size)) return `chunk size ${JSON.stringify(size)}`;
    const start = line + 2;
    const end = start + Number.parseInt(size, 16);
    if (end + 2 > rest.length) return `${cutOff}: in a chunk`;
    if (rest.toString("latin1", end, end + 2) !== "\r\n") return "a chunk without its end";
    text += rest.toString("latin1", start, end);
    at = end + 2;
    if (end === start) return { text, length: at };
  }
}
