import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareKubeVersions } from "../src/api-service.ts";
import { goEncodeQuery, goEscapeHeaderName, goEscapePath } from "../src/go-url.ts";
import { humanAge } from "../src/human-age.ts";
import { clockSeconds, portable, thisOperatingSystem } from "../src/operating-system.ts";
import { parseProtobufObject } from "../src/protobuf-body.ts";
import { parseRequestTarget } from "../src/request-target.ts";

describe("humanAge", () => {
  it.each([
    [-5_000, "<invalid>"],
    [-1_500, "0s"],
    [0, "0s"],
    [119_000, "119s"],
    [120_000, "2m"],
    [125_000, "2m5s"],
    [10 * 60_000, "10m"],
    [179 * 60_000, "179m"],
    [3 * 3_600_000, "3h"],
    [7.5 * 3_600_000, "7h30m"],
    [47 * 3_600_000, "47h"],
    [48 * 3_600_000, "2d"],
    [50 * 3_600_000, "2d2h"],
    [9 * 86_400_000, "9d"],
    [730 * 86_400_000, "2y"],
    [740 * 86_400_000, "2y10d"],
    [9 * 365 * 86_400_000, "9y"],
  ])("%i ms is %s", (elapsedMs, text) => expect(humanAge(elapsedMs)).toBe(text));
});

describe("versions", () => {
  it("are sorted by stability, then number; texts that are no versions come last", () => {
    const sorted = ["v1", "v2beta1", "v10", "foo1", "v1alpha1", "v2", "v1beta2", "bar"].toSorted((a, b) =>
      compareKubeVersions(b, a),
    );
    expect(sorted).toEqual(["v10", "v2", "v1", "v2beta1", "v1beta2", "v1alpha1", "bar", "foo1"]);
  });
});

describe("Go's texts of URLs", () => {
  it.each([
    ["/apis/g/v1/pods", "/apis/g/v1/pods"],
    ["/a b/*", "/a%20b/%2A"],
    ["/x?y#z", "/x%3Fy%23z"],
    ["/~._-$&+,;:=@", "/~._-$&+,;:=@"],
    ["/ü", "/%C3%BC"],
  ])("path %s", (path, escaped) => expect(goEscapePath(path)).toBe(escaped));

  it("sorts query keys and keeps the order of their values", () => {
    expect(goEncodeQuery(new URLSearchParams("b=2&a=~x y&b=1&c"))).toBe("a=~x+y&b=2&b=1&c=");
  });

  it("escapes what may not stand in a header name, byte by byte", () => {
    expect(goEscapeHeaderName("a/b%ü.c")).toBe("a%2Fb%25%C3%BC.c");
  });
});

describe("request targets", () => {
  it.each([
    ["GET", "/api/v1/nodes", { verb: "list", resource: "nodes", name: "" }],
    ["GET", "/api/v1/nodes/n", { verb: "get", resource: "nodes", name: "n" }],
    ["GET", "/api/v1/nodes?watch=true", { verb: "watch", resource: "nodes" }],
    ["GET", "/api/v1/nodes?watch=0", { verb: "list" }],
    ["GET", "/api/v1/namespaces/a", { verb: "get", resource: "namespaces", name: "a", namespace: "a" }],
    [
      "PUT",
      "/api/v1/namespaces/a/status",
      { verb: "update", resource: "namespaces", name: "a", subresource: "status" },
    ],
    [
      "GET",
      "/apis/g/v1/namespaces/a/pods/p/log",
      { resource: "pods", namespace: "a", name: "p", subresource: "log", group: "g" },
    ],
    ["DELETE", "/api/v1/namespaces/a/pods", { verb: "deletecollection" }],
    ["GET", "/api/v1/configmaps?fieldSelector=metadata.name%3Dx", { verb: "list", judgedName: "x", name: "" }],
    ["GET", "/apis/g/v1/namespaces/a%2Fpods/p", { resource: "pods", namespace: "a", name: "p" }],
  ])("%s %s", (method, target, expected) => {
    const { verb, resource } = parseRequestTarget(method, target);
    expect({ verb, ...resource }).toMatchObject(expected);
  });

  it.each(["/", "/api", "/api/v1", "/apis/g/v1", "/healthz", "/openapi/v3/apis/g/v1"])("%s is no resource", (path) => {
    expect(parseRequestTarget("GET", path)).toMatchObject({ verb: "get", resource: undefined, path });
  });
});

describe("protobuf bodies", () => {
  // SubjectAccessReview as kubectl sends it.
  const text = (field: number, value: string) =>
    Buffer.concat([Buffer.from([field * 8 + 2, value.length]), Buffer.from(value)]);
  const part = (field: number, ...parts: Buffer[]) => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([field * 8 + 2, content.length]), content]);
  };
  const body = (kind: string, ...parts: Buffer[]) =>
    Buffer.concat([
      Buffer.from("k8s\0"),
      part(1, text(1, "authorization.k8s.io/v1"), text(2, kind)),
      part(2, ...parts),
    ]);

  it("become the object that JSON would have been", () => {
    const review = body(
      "SubjectAccessReview",
      part(1, text(1, "")),
      part(
        2,
        part(1, text(1, "default"), text(2, "list"), text(5, "pods")),
        text(3, "anna"),
        text(4, "a"),
        text(4, "b"),
        part(5, text(1, "scopes"), part(2, text(1, "x"), text(1, "y"))),
      ),
    );
    expect(parseProtobufObject(review)).toEqual({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        resourceAttributes: { namespace: "default", verb: "list", resource: "pods" },
        user: "anna",
        groups: ["a", "b"],
        extra: { scopes: ["x", "y"] },
      },
    });
  });

  it("of deletions are read with what they ask for", () => {
    const options = body("DeleteOptions", Buffer.concat([part(2, text(1, "u"), text(2, "7")), text(5, "All")]));
    expect(parseProtobufObject(options)).toEqual({
      apiVersion: "authorization.k8s.io/v1",
      kind: "DeleteOptions",
      preconditions: { uid: "u", resourceVersion: "7" },
      dryRun: ["All"],
    });
  });

  it("of kinds that come as JSON only are refused with 415, other bytes with 400", () => {
    expect(() => parseProtobufObject(body("Pod"))).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code: 415 }) }),
    );
    for (const bytes of ["{}", "k8s\0\x0a", "k8s\0\xff\xff"]) {
      expect(() => parseProtobufObject(Buffer.from(bytes, "latin1"))).toThrow(
        expect.objectContaining({ status: expect.objectContaining({ code: expect.any(Number) }) }),
      );
    }
  });

  it("never do worse than a Status, whatever the bytes", () => {
    const prefix = body("TokenReview").subarray(0, -1);
    const codeOf = (bytes: Uint8Array): unknown => {
      try {
        return parseProtobufObject(Buffer.concat([prefix, bytes])) && 200;
      } catch (error) {
        return (error as { status?: { code?: unknown } }).status?.code;
      }
    };
    const property = fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) =>
      [200, 400, 415].includes(codeOf(bytes) as number),
    );
    expect(fc.check(property, { numRuns: 300 }).counterexample).toBe(null);
  });
});

describe("times of ps", () => {
  it.each([
    ["0:01.50", 1.5],
    ["12:34", 754],
    ["1:02:03", 3723],
    ["2-01:00:00", 176_400],
  ])("%s", (text, seconds) => expect(clockSeconds(text)).toBe(seconds));
});

describe("a machine without /proc", () => {
  const gone = (): number => spawnSync(process.execPath, ["--version"]).pid;

  it("knows the same of a process as /proc does, and leaves out those that are gone", async () => {
    const ended = gone();
    const [byPs, known] = await Promise.all([
      portable.processes([process.pid, ended]),
      thisOperatingSystem().processes([process.pid]),
    ]);
    expect([...byPs.keys()]).toEqual([process.pid]);
    const [usage, expected] = [byPs.get(process.pid)!, known.get(process.pid)!];
    // ps prints whole seconds on Linux.
    expect(Math.abs(usage.cpuSeconds - expected.cpuSeconds)).toBeLessThan(3);
    expect(Math.abs(usage.startMs - expected.startMs)).toBeLessThan(5_000);
    expect(usage.workingSetBytes / expected.workingSetBytes).toBeGreaterThan(0.5);
    expect(usage.workingSetBytes / expected.workingSetBytes).toBeLessThan(2);
  });

  it("answers with nothing when no process is left or none is asked for", async () => {
    expect((await portable.processes([gone()])).size).toBe(0);
    expect((await portable.processes([])).size).toBe(0);
  });

  it("counts busy seconds and memory of the whole machine", () => {
    const { cpuSeconds, workingSetBytes } = portable.machine();
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(workingSetBytes).toBeGreaterThan(0);
    expect(workingSetBytes).toBeLessThanOrEqual(thisOperatingSystem().memoryBytes);
  });
});
