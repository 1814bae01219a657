import {
  ApimachineryError,
  badRequest,
  goJson,
  internalError,
  notAcceptable,
  notFound,
  serverResponse,
  statusFor,
  StatusError,
  statusToJson,
  unauthorized,
} from "@kubemetrics/apimachinery";
import { expect, test, vi } from "vitest";

const nodes = { group: "metrics.k8s.io", resource: "nodes" };

test("a StatusError made by another copy of the package is one too, and nothing else is", async () => {
  vi.resetModules();
  const copy = await import("@kubemetrics/apimachinery");
  const foreign = copy.notFound(nodes, "n");
  expect(copy.StatusError).not.toBe(StatusError);
  expect(foreign).toBeInstanceOf(StatusError);
  expect(foreign).toBeInstanceOf(ApimachineryError);
  expect(new copy.SelectorInvalid("x")).not.toBeInstanceOf(StatusError);
  expect(new copy.SelectorInvalid("x")).toBeInstanceOf(ApimachineryError);
  expect(Object.assign(new Error("x"), { code: StatusError.code })).not.toBeInstanceOf(StatusError);
  expect(statusFor(foreign)).toEqual(notFound(nodes, "n").status);
});

test("a class derived from StatusError elsewhere is told apart from it", () => {
  class Derived extends StatusError {}
  const derived = new Derived(badRequest("bad").status);
  expect(derived).toBeInstanceOf(StatusError);
  expect(derived).toBeInstanceOf(Derived);
  expect(badRequest("bad")).not.toBeInstanceOf(Derived);
});

test("a StatusError reads like an error: its message is the Status's, its cause is kept out of it", () => {
  const cause = new Error("secret");
  const error = new StatusError(badRequest("bad").status, { cause });
  expect([error.name, error.code, error.message, error.cause]).toEqual(["StatusError", "STATUS_ERROR", "bad", cause]);
  expect(goJson(statusToJson(error.status))).not.toContain("secret");
});

test.each([
  [new Error("boom"), "boom"],
  ["text", "text"],
  [undefined, "undefined"],
])("anything else that is thrown (%s) is a 500 without a reason", (thrown, message) => {
  expect(statusFor(thrown)).toEqual({ status: "Failure", message, code: 500 });
});

test("unknown fields and key order of a Status do not reach its JSON", () => {
  const status = { code: 404, extra: 1, message: "m", status: "Failure", details: { uid: "", name: "n" } } as const;
  expect(goJson(statusToJson(status))).toBe(
    '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"m","details":{"name":"n"},"code":404}',
  );
});

test.each([
  [unauthorized(""), "not authorized"],
  [
    notAcceptable(["application/json"], "Table.v1.meta.k8s.io"),
    "only the following media types are accepted when converting to Table.v1.meta.k8s.io: application/json",
  ],
  [internalError("boom"), "Internal error occurred: boom"],
])("%s", (error, message) => {
  expect(error.message).toBe(message);
});

test.each([
  [409, "POST", "AlreadyExists", "the server reported a conflict (post nodes.metrics.k8s.io n)"],
  [409, "PUT", "Conflict", "the server reported a conflict (put nodes.metrics.k8s.io n)"],
  [403, "GET", "Forbidden", "unknown (get nodes.metrics.k8s.io n)"],
  [
    406,
    "GET",
    "NotAcceptable",
    "the server was unable to respond with a content type that the client supports (get nodes.metrics.k8s.io n)",
  ],
] as const)("client-go's words for %d on %s", (code, verb, reason, message) => {
  const { status } = serverResponse({ code, verb, resource: nodes, name: "n", message: "unknown", isStatus: true });
  expect(status).toMatchObject({ reason, message, code });
});
