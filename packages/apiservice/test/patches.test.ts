import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonPatch, mergePatch } from "@kubemetrics/apiservice";

test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("merging %j with %j gives %j (RFC 7386, appendix A)", (target, patch, merged) => {
  expect(mergePatch(target, patch)).toEqual(merged);
});

test.each([
  [{ foo: "bar" }, [{ op: "add", path: "/baz", value: "qux" }], { baz: "qux", foo: "bar" }],
  [{ foo: ["bar", "baz"] }, [{ op: "add", path: "/foo/1", value: "qux" }], { foo: ["bar", "qux", "baz"] }],
  [{ foo: ["bar", "qux", "baz"] }, [{ op: "remove", path: "/foo/1" }], { foo: ["bar", "baz"] }],
  [{ baz: "qux" }, [{ op: "replace", path: "/baz", value: "boo" }], { baz: "boo" }],
  [
    { foo: { bar: "baz", waldo: "fred" }, qux: {} },
    [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
    { foo: { bar: "baz" }, qux: { thud: "fred" } },
  ],
  [
    { foo: ["all", "grass", "cows", "eat"] },
    [{ op: "move", from: "/foo/1", path: "/foo/3" }],
    { foo: ["all", "cows", "eat", "grass"] },
  ],
  [{ "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: 10 }], { "/": 9, "~1": 10 }],
  [{ foo: ["bar"] }, [{ op: "add", path: "/foo/-", value: ["abc", "def"] }], { foo: ["bar", ["abc", "def"]] }],
  [{ a: { b: 1 } }, [{ op: "copy", from: "/a", path: "/c" }], { a: { b: 1 }, c: { b: 1 } }],
  [{ a: 1 }, [{ op: "replace", path: "", value: 2 }], 2],
])("patching %j with %j gives %j (RFC 6902, appendix A)", (target, patch, patched) => {
  expect(jsonPatch(target, patch)).toEqual(patched);
});

test.each([
  [[{ op: "remove", path: "/b" }], 422],
  [[{ op: "add", path: "/b/c", value: 1 }], 422],
  [[{ op: "add", path: "/a/5", value: 1 }], 422],
  [[{ op: "add", path: "/a/01", value: 1 }], 422],
  [[{ op: "replace", path: "/a/-", value: 1 }], 422],
  [[{ op: "copy", from: "/a/length", path: "/b" }], 422],
  [[{ op: "test", path: "/__proto__", value: {} }], 422],
  [[{ op: "jump", path: "/a" }], 400],
  [[{ op: "add", path: "/b" }], 400],
  [[{ op: "move", from: "/a", path: "/a/0" }], 422],
  [[{ op: "add", path: "a", value: 1 }], 400],
  [["add"], 400],
  ["add", 400],
  [Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: [1] })), 413],
])("patch %# cannot be applied: %#", (patch, code) => {
  expect(() => jsonPatch({ a: [1] }, patch)).toThrow(
    expect.objectContaining({ status: expect.objectContaining({ code }) }),
  );
});

test("a copy is a copy: what is done to one leaves the other as it is, and the patch too", () => {
  const value = { in: [] };
  const patch = [
    { op: "add", path: "/x", value },
    { op: "copy", from: "/x", path: "/y" },
    { op: "add", path: "/x/in/-", value: 1 },
    { op: "remove", path: "/y/in" },
  ];
  expect([jsonPatch({}, patch), value]).toEqual([{ x: { in: [1] }, y: {} }, { in: [] }]);
});

test("__proto__ is a member like any other", () => {
  const patched = jsonPatch({ a: {} }, [
    { op: "add", path: "/__proto__", value: { polluted: true } },
    { op: "add", path: "/a/__proto__", value: 1 },
    { op: "replace", path: "/a/__proto__", value: 2 },
    { op: "copy", from: "/__proto__", path: "/constructor" },
  ]);
  expect(JSON.stringify(patched)).toBe(
    '{"a":{"__proto__":2},"__proto__":{"polluted":true},"constructor":{"polluted":true}}',
  );
  expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
});

test("neither patch changes its arguments, and a merge patch is idempotent", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (target, patch) => {
      const before = JSON.stringify([target, patch]);
      const once = mergePatch(target, patch);
      expect(mergePatch(once, patch)).toEqual(once);
      expect(jsonPatch(target, [{ op: "replace", path: "", value: patch }])).toEqual(patch);
      expect(JSON.stringify([target, patch])).toBe(before);
    }),
    { numRuns: 300 },
  );
});
