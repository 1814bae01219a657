import { expect, test } from "vitest";
import {
  allowGroups,
  AllowedPathInvalid,
  allowPaths,
  delegatedAuthorizer,
  firstOf,
  parseRequestInfo,
  type Authorizer,
  type Decision,
} from "@kubemetrics/authorization";

const nobody = {
  name: "system:anonymous",
  uid: "",
  groups: ["system:unauthenticated"],
  extra: new Map<string, string[]>(),
};

function ask(authorizer: Authorizer, target: string, groups = nobody.groups): Decision | Promise<Decision> {
  return authorizer.authorize({ user: { ...nobody, groups }, request: parseRequestInfo("GET", target) });
}

test.each([
  ["/healthz", "allow"],
  ["/healthz/ping", "no-opinion"],
  ["/healthz/", "no-opinion"],
  ["//healthz", "no-opinion"],
  ["/%68ealthz", "allow"],
  ["/livez?verbose", "allow"],
  ["/metrics", "no-opinion"],
  ["/apis/g/v1/healthz", "no-opinion"],
])("without other rules %s is %s for anonymous", (target, kind) => {
  expect(ask(delegatedAuthorizer({}), target)).toMatchObject({ kind });
});

test("system:masters may do everything while nobody can be asked", () => {
  const authorizer = delegatedAuthorizer({
    accessReview: { clock: { now: () => 0 }, reviewer: { review: () => Promise.reject(new Error("down")) } },
  });
  expect(ask(authorizer, "/apis/g/v1/things", ["a", "system:masters"])).toEqual({ kind: "allow", reason: "" });
  expect(ask(authorizer, "/apis/g/v1/things", ["a,system:masters", "System:masters"])).toBeInstanceOf(Promise);
});

test("a path ending in * is a prefix, and a * elsewhere is a configuration error", () => {
  const authorizer = allowPaths(["/a*", "b/c"]);
  expect(ask(authorizer, "/abc/d")).toMatchObject({ kind: "allow" });
  expect(ask(authorizer, "/b/c")).toMatchObject({ kind: "allow" });
  expect(ask(authorizer, "/b/cd")).toMatchObject({ kind: "no-opinion" });
  expect(() => allowPaths(["/a*b"])).toThrow(AllowedPathInvalid);
});

test("an error before an allow does not stop it, and an error without an allow is kept", async () => {
  const failing: Authorizer = { authorize: () => ({ kind: "no-opinion", reason: "", error: "down" }) };
  const late: Authorizer = { authorize: async () => ({ kind: "no-opinion", reason: "why" }) };
  const chain = [
    { name: "first", authorizer: failing },
    { name: "late", authorizer: late },
  ];
  expect(await ask(firstOf(chain), "/x")).toEqual({ kind: "no-opinion", reason: "late: why", error: "down" });
  const allowing = [...chain, { name: "groups", authorizer: allowGroups(["system:unauthenticated"]) }];
  expect(await ask(firstOf(allowing), "/x")).toEqual({ kind: "allow", reason: "" });
});
