import { StatusError } from "@kubemetrics/apimachinery";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../src/kube-object.ts";
import { mergeRuleOf } from "../src/merge-keys.ts";
import { configMaps, pods, roleBindings, services, type ResourceType } from "../src/resource-type.ts";
import { strategicMergePatch } from "../src/strategic-merge-patch.ts";

const apply = (type: ResourceType, original: JsonObject, patch: JsonObject): JsonObject =>
  strategicMergePatch(patch, original, mergeRuleOf(type));

const port = (number: number, name = `p${number}`) => ({ name, port: number });
const service = (...ports: JsonObject[]) => ({ spec: { ports } });
const pod = (...containers: JsonObject[]) => ({ spec: { containers } });
const finalizers = (...names: string[]) => ({ metadata: { finalizers: names } });

describe("a strategic merge patch", () => {
  it.each([
    ["adds an element before the others", services, service(port(80)), service(port(81)), service(port(81), port(80))],
    [
      "merges an element in its place",
      pods,
      pod({ name: "a", image: "x" }, { name: "b", image: "x", tty: true }),
      pod({ name: "b", image: "y", tty: null }),
      pod({ name: "a", image: "x" }, { name: "b", image: "y" }),
    ],
    [
      "merges lists in elements",
      pods,
      pod({ name: "a", env: [{ name: "E", value: "1" }], volumeMounts: [{ mountPath: "/m", name: "v" }] }),
      pod({ name: "a", env: [{ name: "F", value: "2" }], volumeMounts: [{ mountPath: "/m", readOnly: true }] }),
      pod({
        name: "a",
        env: [
          { name: "F", value: "2" },
          { name: "E", value: "1" },
        ],
        volumeMounts: [{ mountPath: "/m", name: "v", readOnly: true }],
      }),
    ],
    [
      "deletes an element",
      services,
      service(port(80), port(81)),
      { spec: { ports: [{ $patch: "delete", port: 81 }], "$setElementOrder/ports": [{ port: 80 }] } },
      service(port(80)),
    ],
    [
      "deletes the last element with its list",
      services,
      service(port(80)),
      service({ $patch: "delete", port: 80 }),
      { spec: {} },
    ],
    [
      "deletes nothing from a list that is not there",
      services,
      { spec: {} },
      service({ $patch: "delete", port: 80 }),
      { spec: { ports: [] } },
    ],
    [
      "replaces a list",
      services,
      service(port(80), port(81)),
      service(port(82), { $patch: "replace" }),
      service(port(82)),
    ],
    [
      "orders a list",
      services,
      service(port(80), port(81)),
      { spec: { ports: [port(82)], "$setElementOrder/ports": [{ port: 82 }, { port: 81 }, { port: 80 }] } },
      service(port(82), port(81), port(80)),
    ],
    [
      "orders a list without changing its elements",
      services,
      service(port(80), port(81)),
      { spec: { "$setElementOrder/ports": [{ port: 81 }, { port: 80 }] } },
      service(port(81), port(80)),
    ],
    [
      "leaves what an order does not name where it was",
      services,
      service(port(80), port(81), port(82)),
      { spec: { "$setElementOrder/ports": [{ port: 82 }, { port: 80 }] } },
      service(port(81), port(82), port(80)),
    ],
    [
      "keeps elements that share their key",
      services,
      service({ ...port(53), protocol: "TCP" }, { ...port(53), protocol: "UDP" }),
      service({ port: 53, name: "dns" }),
      service({ ...port(53, "dns"), protocol: "TCP" }, { ...port(53), protocol: "UDP" }),
    ],
    ["adds plain values", services, finalizers("a/b"), finalizers("a/c", "a/b"), finalizers("a/c", "a/b")],
    [
      "deletes plain values",
      services,
      finalizers("a/b", "a/c"),
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a/b"] } },
      finalizers("a/c"),
    ],
    [
      "deletes the last plain value with its list",
      services,
      finalizers("a/b"),
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a/b"] } },
      { metadata: {} },
    ],
    [
      "replaces an object",
      services,
      { spec: { selector: { app: "x" } } },
      { spec: { selector: { $patch: "replace", tier: "y" } } },
      { spec: { selector: { tier: "y" } } },
    ],
    [
      "deletes an object",
      services,
      { spec: { selector: { app: "x" } } },
      { spec: { selector: { $patch: "delete" } } },
      { spec: {} },
    ],
    [
      "retains the fields it names",
      pods,
      { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
      { spec: { volumes: [{ name: "v", hostPath: { path: "/" }, $retainKeys: ["name", "hostPath"] }] } },
      { spec: { volumes: [{ name: "v", hostPath: { path: "/" } }] } },
    ],
    [
      "replaces lists that have no key",
      roleBindings,
      { subjects: [{ kind: "User", name: "a" }] },
      { subjects: [{ kind: "User", name: "b" }] },
      { subjects: [{ kind: "User", name: "b" }] },
    ],
    [
      "replaces tolerations, which have none either",
      pods,
      { spec: { tolerations: [{ key: "a" }] } },
      { spec: { tolerations: [{ key: "b" }] } },
      { spec: { tolerations: [{ key: "b" }] } },
    ],
    [
      "merges owners by uid in every kind",
      configMaps,
      { metadata: { ownerReferences: [{ uid: "1", name: "a" }] } },
      { metadata: { ownerReferences: [{ uid: "1", name: "b" }] } },
      { metadata: { ownerReferences: [{ uid: "1", name: "b" }] } },
    ],
    [
      "takes what is new without its directives and nulls",
      services,
      {},
      {
        spec: {
          ports: [port(80), { $patch: "delete", port: 81 }],
          "$setElementOrder/ports": [{ port: 80 }],
          type: null,
        },
      },
      service(port(80)),
    ],
  ] as [string, ResourceType, JsonObject, JsonObject, JsonObject][])("%s", (_, type, original, patch, expected) => {
    expect(apply(type, original, patch)).toEqual(expected);
  });

  it.each([
    [service({ $patch: "mangle", port: 80 }), 422, "unknown patch type"],
    [service({ $patch: "merge", port: 80 }), 422, "unknown patch type"],
    [service({ name: "x" }), 422, "does not contain declared merge key: port"],
    [{ spec: { $patch: "mangle" } }, 422, "unknown patch type"],
    [{ spec: { $nonsense: 1 } }, 422, 'unknown directive: "$nonsense"'],
    [{ spec: { sessionAffinityConfig: { $nonsense: 1 } } }, 422, 'unknown directive: "$nonsense"'],
    [{ spec: { "$setElementOrder/ports": 1 } }, 422, "is no list"],
    [{ spec: { ports: [port(80)], "$setElementOrder/ports": [{ port: 81 }] } }, 422, "does not match $setElementOrder"],
    [{ spec: { type: "X", $retainKeys: ["ports"] } }, 400, "invalid patch format of retainKeys"],
    [{ spec: { $retainKeys: "ports" } }, 400, "invalid patch format of retainKeys"],
  ] as [JsonObject, number, string][])("is refused when it is %o", (patch, code, message) => {
    const refusal = ((): unknown => {
      try {
        return apply(services, service(port(80)), patch);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(StatusError);
    expect((refusal as StatusError).status.code).toBe(code);
    expect((refusal as StatusError).message).toContain(message);
  });
});
