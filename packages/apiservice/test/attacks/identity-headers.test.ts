import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AttackedServer, bob, callerOf, proxy, thing, type Handled } from "./attacked-server.ts";

let server: AttackedServer;
beforeAll(async () => {
  server = await AttackedServer.start();
});
beforeEach(() => {
  server.tokenReview = async () => ({ authenticated: false });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Header lines as bytes (latin-1), over the proxy's connection. */
async function raw(lines: readonly string[], pair = proxy): Promise<Handled | string> {
  const connection = await server.connect(pair);
  connection.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`);
  const answer = await connection.answer();
  connection.end();
  return answer?.status === 200 ? (JSON.parse(answer.text) as Handled) : callerOf(answer);
}

const users = "system:authenticated";

describe("from the proxy", () => {
  test.each<[string, readonly string[], string, readonly string[]]>([
    ["the first of two names counts", ["X-Remote-User: u", "X-Remote-User: admin"], "u", [users]],
    ["an upper-case name is the same header", ["X-REMOTE-USER: u", "x-remote-user: admin"], "u", [users]],
    ["a comma does not part two names", ["X-Remote-User: u, admin"], "u, admin", [users]],
    ["percent escapes in a name stay", ["X-Remote-User: %61dmin"], "%61dmin", [users]],
    ["a group stays whole", ["X-Remote-User: u", "X-Remote-Group: CN=a,OU=b"], "u", ["CN=a,OU=b", users]],
    [
      "two group headers are two groups",
      ["X-Remote-User: u", "X-Remote-Group: a", "X-Remote-Group: b"],
      "u",
      ["a", "b", users],
    ],
    ["empty groups are none", ["X-Remote-User: u", "X-Remote-Group:", "X-Remote-Group: \t"], "u", [users]],
    ["an encoded colon makes another header", ["X-Remote-User: u", "X-Remote-Group%3A: a"], "u", [users]],
    ["underscores make another header", ["X-Remote-User: u", "X_Remote_Group: a"], "u", [users]],
    [
      "a Connection list removes nothing",
      ["Connection: X-Remote-User, X-Remote-Group", "X-Remote-User: u", "X-Remote-Group: a"],
      "u",
      ["a", users],
    ],
    ["letters beyond ASCII are read as UTF-8", ["X-Remote-User: \xc3\xbc"], "ü", [users]],
    ["a latin-1 letter is not its UTF-8 namesake", ["X-Remote-User: \xfc"], "\udcfc", [users]],
    ["groups of an earlier name belong to nobody else", ["X-Remote-Group: a", "X-Remote-User: u"], "u", ["a", users]],
  ])("%s", async (_name, lines, user, groups) => {
    expect(await raw(lines)).toMatchObject({ user, groups });
  });

  test.each<[string, readonly string[]]>([
    ["no name", ["X-Remote-Group: system:masters"]],
    ["an empty first name", ["X-Remote-User:", "X-Remote-User: admin"]],
    ["a name of spaces", ["X-Remote-User: \t "]],
    ["a name in another spelling", ["X_Remote_User: admin"]],
    ["a name in a trailer-like header", ["Trailer: X-Remote-User"]],
    ["a name folded into another header", ["X-Other: x, X-Remote-User: admin"]],
  ])("%s is no identity, and the proxy is no user", async (_name, lines) => {
    expect(await raw(lines)).toBe("401");
  });

  test.each<[string, readonly string[]]>([
    ["a no-break space after the header's name", ["X-Remote-User\xa0: admin"]],
    ["a latin-1 letter in the header's name", ["X-Remote-Us\xe9r: admin"]],
    ["a space before the colon", ["X-Remote-User : admin"]],
    ["a tab before the colon", ["X-Remote-User\t: admin"]],
    ["a name over two lines", ["X-Remote-User: u", " admin"]],
    ["a NUL in the value", ["X-Remote-User: admin\0"]],
    ["a bare carriage return", ["X-Other: a\rX-Remote-User: admin"]],
    ["a line without a colon", ["X-Remote-User admin"]],
    ["no name before the colon", [": admin"]],
  ])("%s is malformed", async (_name, lines) => {
    expect(await raw(lines)).toBe("400");
  });

  test("a trailer is no header", async () => {
    const connection = await server.connect(proxy);
    const chunks = "1\r\nx\r\n0\r\nX-Remote-User: admin\r\nX-Remote-Group: system:masters\r\n\r\n";
    connection.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    expect(callerOf(await connection.answer())).toBe("401");
    connection.end();
  });

  test("extra keys are unescaped byte by byte, and odd ones are keys like any other", async () => {
    const lines = [
      "%41%2fB: 1",
      "a%zz: 2",
      "a+b: 3",
      "__proto__: 4",
      "%5f_proto__: 5",
      "constructor: 6",
      ": 7",
      "%ff: 8",
    ];
    const handled = await raw(["X-Remote-User: u", ...lines.map((line) => `X-Remote-Extra-${line}`)]);
    expect((handled as Handled).extra).toEqual([
      ["A/b", ["1"]],
      ["a%zz", ["2"]],
      ["a+b", ["3"]],
      ["__proto__", ["4", "5"]],
      ["constructor", ["6"]],
      ["", ["7"]],
      ["\udcff", ["8"]],
    ]);
    expect(server.accessReviews.at(-1)?.extra).toEqual(
      Object.fromEntries((handled as Handled).extra.map(([key, values]) => [key, [...values]])),
    );
  });

  test("a token beside the headers is neither asked about nor seen by handlers", async () => {
    let asked = 0;
    server.tokenReview = async () => ({ authenticated: ++asked > 0, user: { username: "token" } });
    const handled = await raw(["X-Remote-User: u", "Authorization: Bearer t"]);
    expect([handled, asked]).toEqual([{ user: "u", groups: [users], extra: [], headers: ["Host", "x"] }, 0]);
  });
});

describe("of several Authorization headers the first counts:", () => {
  test.each([
    [["good", "bad"], "holder"],
    [["bad", "good"], "401"],
    [["bad, Bearer good"], "401"],
    [["good, Bearer bad"], "401"],
  ] as const)("%j", async (tokens, expected) => {
    server.tokenReview = async (token) =>
      token === "good" ? { authenticated: true, user: { username: "holder" } } : { authenticated: false };
    const noCertificate = await server.connect();
    const lines = tokens.map((token) => `Authorization: Bearer ${token}\r\n`).join("");
    noCertificate.write(`GET ${thing} HTTP/1.1\r\nHost: x\r\nX-Remote-User: admin\r\n${lines}\r\n`);
    expect(callerOf(await noCertificate.answer()).split(" ")[0]).toBe(expected);
    noCertificate.end();
  });
});

test("whoever is not the proxy can send identity headers as they like: no handler sees them", async () => {
  const lines = [
    "X-Remote-User: admin",
    "x-remote-group: system:masters",
    "X-REMOTE-EXTRA-A: 1",
    "X-Remote-Uid: 1",
    "X-Other: o",
  ];
  expect(await raw(lines, bob)).toMatchObject({ user: "bob", headers: ["Host", "x", "X-Other", "o"] });
});
