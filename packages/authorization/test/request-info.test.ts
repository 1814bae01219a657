import fc from "fast-check";
import { expect, test } from "vitest";
import { AuthorizationError, parseQuery, parseRequestInfo } from "@kubemetrics/authorization";

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
      try {
        const info = parseRequestInfo(verb, raw);
        expect(info.isResourceRequest ? info.parts.length : 1).toBeGreaterThan(0);
        expect(parseRequestInfo(verb, raw)).toEqual(info);
      } catch (error) {
        expect(error).toBeInstanceOf(AuthorizationError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("well-formed queries are read as URLSearchParams reads them", () => {
  const text = fc.string({ unit: "binary" });
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
