import {
  createDelegatingAuthenticator,
  fixedTrust,
  standardIdentityHeaders,
  withoutIdentityHeaders,
} from "@kubemetrics/authentication";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerBytes, headerText } from "../src/internal/header-text.ts";
import { clock, der, proxy, usualTrust } from "./certificates.ts";

const subject = createDelegatingAuthenticator({
  trust: fixedTrust(usualTrust),
  tokens: { reviewer: { review: async () => ({ authenticated: false }) } },
  clock,
});
const peerChain = [der(proxy)];
const megabyte = 1 << 20;

describe("a megabyte of header costs no more than reading it", () => {
  const upgrade = ["Upgrade", "websocket", "Connection", "upgrade"];
  test.for<[string, readonly string[]]>([
    ["spaces in a user name", ["X-Remote-User", ` a${" ".repeat(megabyte)}b`]],
    ["spaces in Authorization", ["Authorization", `Bearer${" ".repeat(megabyte)}x`]],
    ["commas in subprotocols", [...upgrade, "Sec-WebSocket-Protocol", ",".repeat(megabyte)]],
    ["spaces in subprotocols", [...upgrade, "Sec-WebSocket-Protocol", `a${" ".repeat(megabyte)}b`]],
    ["escapes in an extra key", ["X-Remote-User", "u", `X-Remote-Extra-${"%41".repeat(megabyte / 3)}`, "v"]],
    ["broken escapes in an extra key", ["X-Remote-User", "u", `X-Remote-Extra-${"%4".repeat(megabyte / 2)}`, "v"]],
    ["bytes that are not UTF-8", ["X-Remote-User", "\xff".repeat(megabyte / 8)]],
    ["40,000 groups", ["X-Remote-User", "u", ...Array.from({ length: 40_000 }, () => ["X-Remote-Group", "g"]).flat()]],
  ])("%s", async ([, rawHeaders]) => {
    const start = process.cpuUsage();
    const result = await subject.authenticate({ peerChain, rawHeaders });
    const { user, system } = process.cpuUsage(start);
    expect(result.kind).toMatch(/authenticated|refused/);
    // Quadratic time would be minutes.
    expect(user + system).toBeLessThan(2_000_000);
  });
});

test("any header lines are answered, and identity never reaches handlers", async () => {
  const name = fc.oneof(
    fc.constantFrom(
      "X-Remote-User",
      "x-remote-group",
      "X-Remote-Extra-",
      "Authorization",
      "Upgrade",
      "Connection",
      "Sec-WebSocket-Protocol",
    ),
    fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
  );
  const value = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 12 }), fc.boolean(), async (lines, isProxy) => {
      const rawHeaders = lines.flat();
      const result = await subject.authenticate({ peerChain: isProxy ? peerChain : [], rawHeaders });
      const headers = result.kind === "authenticated" ? result.headers : [];
      expect(
        headers.filter(
          (line, index) => index % 2 === 0 && /^(?:x-remote-(?:user|uid|group|extra-.*)|authorization)$/i.test(line),
        ),
      ).toEqual([]);
      expect(headers.length % 2).toBe(0);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 1500 },
  );
});

test("header bytes survive being text, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = headerText(Buffer.from(bytes).toString("latin1"));
      expect(headerBytes(text)).toEqual(Buffer.from(bytes));
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 1000 },
  );
});

test("taking identity headers out leaves the others in order, spelled as they came", () => {
  const rawHeaders = [
    "B",
    "1",
    "X-REMOTE-USER",
    "u",
    "b",
    "2",
    "x-remote-extra-",
    "",
    "X-Remote-Groups",
    "3",
    "X-Remote-Uid",
    "4",
  ];
  expect(withoutIdentityHeaders(rawHeaders, standardIdentityHeaders)).toEqual([
    "B",
    "1",
    "b",
    "2",
    "X-Remote-Groups",
    "3",
  ]);
});
