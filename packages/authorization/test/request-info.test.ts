import fc from "fast-check";
import { expect, test } from "vitest";
import { AuthorizationError, parseQuery, parseRequestInfo, type RequestInfo } from "@kubemetrics/authorization";

function read(method: string, target: string): RequestInfo | AuthorizationError {
  try {
    return parseRequestInfo(method, target);
  } catch (error) {
    if (error instanceof AuthorizationError) return error;
    throw error;
  }
}

test("any request target is either understood or refused with an error of this package", () => {
  const piece = fc.constantFrom(
    "/",
    "apis",
    "api",
    "namespaces",
    "watch",
    "%2F",
    "%",
    "%zz",
    "..",
    "?",
    "&",
    "=",
    ";",
    "#",
    "*",
    "http://h",
    "\u00ff",
    "a",
  );
  const target = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));
  const method = fc.constantFrom("GET", "HEAD", "POST", "DELETE", "OPTIONS", "FOO");
  fc.assert(
    fc.property(method, target, (verb, raw) => {
      const [first, second] = [read(verb, raw), read(verb, raw)];
      expect(first).toEqual(second);
      expect(first instanceof AuthorizationError || first.isResourceRequest === first.parts.length > 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("well-formed queries are read as URLSearchParams reads them", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "&", "=", "%", "+", " ", ";", "ä", "😀", "\u0000") });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (pairs) => {
      const raw = new URLSearchParams(pairs).toString();
      expect(parseQuery(raw)).toEqual([...new URLSearchParams(raw)]);
    }),
    { numRuns: 150 },
  );
});

test("pairs with a semicolon or a broken escape are left out, the others stay", () => {
  expect(parseQuery("a=1;b=2&c=%zz&d=%4&e=1+1&f&=g")).toEqual([
    ["e", "1 1"],
    ["f", ""],
    ["", "g"],
  ]);
});

test("bytes that are not UTF-8 become one and the same replacement text", () => {
  expect(parseRequestInfo("GET", "/apis/g/v1/things/%ff").name).toBe("\ufffd");
  expect(parseRequestInfo("GET", "/apis/g/v1/things/\u00c3\u00a4").name).toBe("ä");
});
