import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "@kubemetrics/sandbox";
import { clientOf, eventually, take, type Client } from "./http-client.ts";

let cluster: Sandbox;
let admin: Client;
beforeAll(async () => {
  cluster = await startSandbox({ nodes: 2, podsPerNode: 1 });
  admin = clientOf(cluster.kubeconfig("admin"));
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await cluster.close();
});

const merge = { "content-type": "application/merge-patch+json" };
const maps = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

describe("create, update and delete", () => {
  it("serves the official client library", async () => {
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig("admin"));
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: "default", body: configMap("library", { a: "1" }) });
    const patched = await core.patchNamespacedConfigMap(
      { namespace: "default", name: "library", body: { data: { b: "2" } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    expect(patched.data).toEqual({ a: "1", b: "2" });
    await core.deleteNamespacedConfigMap({ namespace: "default", name: "library" });
    await expect(core.readNamespacedConfigMap({ namespace: "default", name: "library" })).rejects.toMatchObject({
      code: 404,
    });
  });

  it("gives every object a uid, a version and a creation time, whatever it brings along", async () => {
    const metadata = { name: "stamped", uid: "mine", resourceVersion: "7", creationTimestamp: "2001-01-01T00:00:00Z" };
    const created = await admin(maps, { method: "POST", body: { ...configMap("stamped"), metadata } });
    expect(created.status).toBe(201);
    const stamped = created.json().metadata;
    expect(stamped.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number(stamped.resourceVersion)).toBeGreaterThan(7);
    expect(stamped.creationTimestamp).toMatch(/^20[2-9]\d-/);
  });

  it("makes a name from generateName", async () => {
    const body = { ...configMap(""), metadata: { generateName: "run-" } };
    const created = (await admin(maps, { method: "POST", body })).json();
    expect(created.metadata.name).toMatch(/^run-[b-z2-9]{5}$/);
  });

  it("changes nothing on a dry run", async () => {
    const answer = await admin(`${maps}?dryRun=All`, { method: "POST", body: configMap("dry") });
    expect(answer.status).toBe(201);
    expect((await admin(`${maps}/dry`)).status).toBe(404);
  });

  it("refuses an update from an older version, and keeps the version of one that changes nothing", async () => {
    const created = (await admin(maps, { method: "POST", body: configMap("versions", { a: "1" }) })).json();
    const changed = await admin(`${maps}/versions`, { method: "PUT", body: { ...created, data: { a: "2" } } });
    expect(changed.status).toBe(200);
    const stale = await admin(`${maps}/versions`, { method: "PUT", body: { ...created, data: { a: "3" } } });
    expect(stale.json()).toMatchObject({ code: 409, reason: "Conflict" });
    expect(stale.json().message).toBe(
      'Operation cannot be fulfilled on configmaps "versions": the object has been modified; please apply your changes to the latest version and try again',
    );
    const same = await admin(`${maps}/versions`, { method: "PATCH", headers: merge, body: { data: { a: "2" } } });
    expect(same.json().metadata.resourceVersion).toBe(changed.json().metadata.resourceVersion);
  });

  it("refuses to update an object by another one of that name", async () => {
    await admin(maps, { method: "POST", body: configMap("again") });
    const metadata = { name: "again", uid: "other" };
    const replaced = await admin(`${maps}/again`, { method: "PUT", body: { ...configMap("again"), metadata } });
    expect(replaced.json()).toMatchObject({ code: 409, reason: "Conflict" });
    expect(replaced.json().message).toContain("Precondition failed: UID in precondition: other, UID in object meta: ");
    const patched = await admin(`${maps}/again`, { method: "PATCH", headers: merge, body: { metadata } });
    expect(patched.json()).toMatchObject({
      code: 422,
      message: 'ConfigMap "again" is invalid: metadata.uid: Invalid value: "other": field is immutable',
    });
  });

  it.each(["clusterrolebindings", "namespaces/default/rolebindings"])(
    "refuses another role in %s",
    async (resource) => {
      const bindings = `/apis/rbac.authorization.k8s.io/v1/${resource}`;
      const roleRef = { kind: "ClusterRole", name: "sandbox:viewer" };
      await admin(bindings, { method: "POST", body: { metadata: { name: "bound" }, roleRef } });
      const body = { metadata: { name: "bound" }, roleRef: { ...roleRef, name: "cluster-admin" } };
      const refused = await admin(`${bindings}/bound`, { method: "PUT", body });
      expect(refused.status).toBe(422);
      expect(refused.json().message).toContain(
        'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"cluster-admin"}: field is immutable',
      );
      const subjects = [{ kind: "User", name: "jane" }];
      const kept = await admin(`${bindings}/bound`, {
        method: "PUT",
        body: { metadata: { name: "bound" }, roleRef, subjects },
      });
      expect(kept.status).toBe(200);
    },
  );

  it("answers a deletion with the deleted object's name and uid", async () => {
    const created = (await admin(maps, { method: "POST", body: configMap("gone") })).json();
    const deleted = await admin(`${maps}/gone`, { method: "DELETE" });
    expect(deleted.json()).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "gone", kind: "configmaps", uid: created.metadata.uid },
    });
  });

  it("waits with a deletion for the last finalizer", async () => {
    const metadata = { name: "held", finalizers: ["example.com/a", "example.com/b"] };
    const created = (await admin(maps, { method: "POST", body: { ...configMap("held"), metadata } })).json();
    const path = `${maps}/held`;
    const patch = (body: object) => admin(path, { method: "PATCH", headers: merge, body });
    const marked = (await admin(path, { method: "DELETE" })).json();
    expect(marked).toMatchObject({ kind: "ConfigMap", metadata: { ...metadata, deletionGracePeriodSeconds: 0 } });
    expect((await admin(path, { method: "DELETE" })).json()).toEqual(marked);
    expect((await admin(path)).json()).toEqual(marked);
    const again = await admin(maps, { method: "POST", body: configMap("held") });
    expect(again.json()).toMatchObject({
      code: 409,
      message: 'object is being deleted: configmaps "held" already exists',
    });
    const added = await patch({ metadata: { finalizers: [...metadata.finalizers, "example.com/c"] } });
    expect(added.json().message).toBe(
      'ConfigMap "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/c"}',
    );
    const less = await patch({ metadata: { finalizers: ["example.com/b"], deletionTimestamp: null } });
    expect(less.json().metadata).toHaveProperty("deletionTimestamp");
    const events = admin.watch(`${maps}?watch=1&resourceVersion=${less.json().metadata.resourceVersion}`);
    expect((await patch({ metadata: { finalizers: null } })).status).toBe(200);
    expect((await take(events, 1))[0]).toMatchObject({
      type: "DELETED",
      object: { metadata: { uid: created.metadata.uid } },
    });
    await events.return(undefined);
    expect((await admin(path)).status).toBe(404);
  });

  it.each(["?dryRun=All", ""])("refuses a stale update of whatever kind (%s)", async (query) => {
    const metadata = { name: `stale${query.length}`, finalizers: ["example.com/a"] };
    const path = `${maps}/${metadata.name}`;
    await admin(maps, { method: "POST", body: { ...configMap(""), metadata } });
    await admin(path, { method: "DELETE" });
    const body = { metadata: { resourceVersion: "1", finalizers: null } };
    const refused = await admin(`${path}${query}`, { method: "PATCH", headers: merge, body });
    expect(refused.json()).toMatchObject({ code: 409, reason: "Conflict" });
    expect((await admin(path)).json().metadata).toMatchObject(metadata);
  });

  it("marks nothing as deleted but by a deletion", async () => {
    const metadata = { name: "alive", deletionTimestamp: "2001-01-01T00:00:00Z", deletionGracePeriodSeconds: 3 };
    const created = (await admin(maps, { method: "POST", body: { ...configMap("alive"), metadata } })).json();
    expect(created.metadata).not.toHaveProperty("deletionTimestamp");
    const body = { metadata: { deletionTimestamp: metadata.deletionTimestamp } };
    const refused = await admin(`${maps}/alive`, { method: "PATCH", headers: merge, body });
    expect(refused.json().message).toBe(
      'ConfigMap "alive" is invalid: metadata.deletionTimestamp: Invalid value: "2001-01-01T00:00:00Z": field is immutable',
    );
  });

  it("deletes a collection by its labels", async () => {
    for (const name of ["one", "two"]) {
      const metadata = { name, labels: { set: "these" } };
      await admin(maps, { method: "POST", body: { ...configMap(name), metadata } });
    }
    await admin(maps, { method: "POST", body: configMap("three") });
    expect((await admin(`${maps}?labelSelector=set%3Dthese`, { method: "DELETE" })).status).toBe(200);
    expect((await admin(`${maps}/two`)).status).toBe(404);
    expect((await admin(`${maps}/three`)).status).toBe(200);
  });

  it("asks only what a deletion would do when its body says so, as kubectl's", async () => {
    await admin(maps, {
      method: "POST",
      body: { ...configMap("asked"), metadata: { name: "asked", labels: { a: "asked" } } },
    });
    const body = { kind: "DeleteOptions", apiVersion: "v1", dryRun: ["All"] };
    for (const path of [`${maps}/asked`, `${maps}?labelSelector=a%3Dasked`]) {
      expect((await admin(path, { method: "DELETE", body })).status).toBe(200);
      expect((await admin(`${maps}/asked`)).status).toBe(200);
    }
  });

  it.each([
    ["uid", "the UID in the precondition (9) does not match the UID in record ("],
    ["resourceVersion", "the ResourceVersion in the precondition (9) does not match the ResourceVersion in record ("],
  ])("deletes only the object whose %s was meant", async (field, message) => {
    const metadata = { name: field.toLowerCase(), labels: { meant: field } };
    const created = (await admin(maps, { method: "POST", body: { ...configMap(""), metadata } })).json();
    const path = `${maps}/${metadata.name}`;
    for (const wrong of [path, `${maps}?labelSelector=meant%3D${field}`]) {
      const refused = await admin(wrong, { method: "DELETE", body: { preconditions: { [field]: "9" } } });
      expect(refused.json()).toMatchObject({ code: 409, reason: "Conflict", details: { kind: "ConfigMap" } });
      expect(refused.json().message).toContain(
        `Operation cannot be fulfilled on ConfigMap "${metadata.name}": ${message}`,
      );
    }
    const preconditions = { [field]: created.metadata[field as "uid"] };
    expect((await admin(path, { method: "DELETE", body: { preconditions } })).status).toBe(200);
    expect((await admin(path)).status).toBe(404);
  });

  it.each([
    ["POST", "", "CreateOptions"],
    ["PUT", "/dry-run", "UpdateOptions"],
    ["PATCH", "/dry-run", "PatchOptions"],
    ["DELETE", "/dry-run", "DeleteOptions"],
  ])("refuses a dry run of %s that it does not understand, and writes nothing", async (method, path, kind) => {
    const answer = await admin(`${maps}${path}?dryRun=Some`, {
      method,
      ...(method !== "DELETE" && { body: configMap("dry-run") }),
    });
    expect(answer.status).toBe(422);
    expect(answer.json().message).toBe(
      `${kind}.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"`,
    );
  });

  it("takes everything in a namespace along, but not the namespaces a cluster needs", async () => {
    await admin("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "short" } } });
    await admin("/api/v1/namespaces/short/configmaps", { method: "POST", body: configMap("inside") });
    await admin("/api/v1/namespaces/short", { method: "DELETE" });
    expect((await admin("/api/v1/configmaps?fieldSelector=metadata.namespace%3Dshort")).json().items).toEqual([]);
    const refused = await admin("/api/v1/namespaces/default", { method: "DELETE" });
    expect(refused.json().message).toBe('namespaces "default" is forbidden: this namespace may not be deleted');
  });

  it("gives every namespace its default account", async () => {
    await admin("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "accounts" } } });
    expect((await admin("/api/v1/namespaces/accounts/serviceaccounts/default")).status).toBe(200);
  });

  it.each([
    ["POST", "/api/v1/namespaces/absent/configmaps", configMap("x"), 404, 'namespaces "absent" not found'],
    [
      "POST",
      maps,
      configMap("Not_A_Name"),
      422,
      'ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name"',
    ],
    ["POST", maps, { kind: "ConfigMap" }, 422, "metadata.name: Required value: name or generateName is required"],
    [
      "POST",
      maps,
      { ...configMap("x"), metadata: { name: "x", namespace: "other" } },
      400,
      "does not match the namespace",
    ],
    ["POST", maps, { ...configMap("x"), apiVersion: "v2" }, 400, "does not match the expected API version (v1)"],
    ["PUT", `${maps}/x`, configMap("y"), 404, 'configmaps "x" not found'],
    ["POST", maps, "{", 400, "the body of the request is not JSON"],
    ["POST", "/api/v1/configmaps", configMap("x"), 404, "could not find the requested resource"],
    ["PATCH", "/apis/authentication.k8s.io/v1/tokenreviews/x", {}, 405, "patch is not supported on resources of kind"],
  ])("refuses %s %s with a reason", async (method, path, body, status, message) => {
    const answer = await admin(path, { method, body });
    expect(answer.json()).toMatchObject({ kind: "Status", code: status });
    expect(answer.json().message).toContain(message);
  });

  it("says which media types it reads", async () => {
    const yaml = { "content-type": "application/yaml" };
    const answer = await admin(maps, { method: "POST", headers: yaml, body: "a: 1" });
    expect(answer.status).toBe(415);
    const patch = await admin("/api/v1/nodes/node-001", { method: "PATCH", headers: yaml, body: "a: 1" });
    expect(patch.json().message).toContain("application/merge-patch+json");
  });

  it("names every wrong field of an APIService", async () => {
    const body = { metadata: { name: "v1.x" }, spec: { group: "y", version: "v1", versionPriority: 5000 } };
    const answer = (await admin("/apis/apiregistration.k8s.io/v1/apiservices", { method: "POST", body })).json();
    expect(answer.code).toBe(422);
    expect(answer.details.causes.map((cause) => cause.field)).toEqual([
      "metadata.name",
      "spec.groupPriorityMinimum",
      "spec.versionPriority",
    ]);
  });
});

describe("a Service", () => {
  const services = "/api/v1/namespaces/default/services";
  const spec = { ports: [{ port: 80 }], selector: { app: "x" } };
  const put = (name: string, more: object) =>
    admin(`${services}/${name}`, { method: "PUT", body: { metadata: { name }, spec: { ...spec, ...more } } });

  it("keeps its address and its defaults when it is replaced by what was first created", async () => {
    const created = (await admin(services, { method: "POST", body: { metadata: { name: "kept" }, spec } })).json();
    const replaced = (await put("kept", {})).json();
    expect(replaced.spec).toEqual(created.spec);
    expect(replaced.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    expect(replaced.spec).toMatchObject({ type: "ClusterIP", ports: [{ port: 80, protocol: "TCP", targetPort: 80 }] });
  });

  it("needs a port, unless it has no address", async () => {
    const create = (name: string, more: object) =>
      admin(services, { method: "POST", body: { metadata: { name }, spec: more } });
    const refused = await create("portless", {});
    expect(refused.json()).toMatchObject({
      code: 422,
      message: 'Service "portless" is invalid: spec.ports: Required value',
    });
    expect((await create("headless", { clusterIP: "None" })).status).toBe(201);
    expect((await create("external", { type: "ExternalName", externalName: "x.example" })).status).toBe(201);
  });

  it("cannot change its address, and has none as an external name", async () => {
    await admin(services, { method: "POST", body: { metadata: { name: "moved" }, spec } });
    const refused = await put("moved", { clusterIP: "10.96.99.99" });
    expect(refused.json()).toMatchObject({
      code: 422,
      message:
        'Service "moved" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.99.99"]: may not change once set',
    });
    const external = (await put("moved", { type: "ExternalName", externalName: "x.example" })).json();
    expect(Object.keys(external.spec)).not.toContain("clusterIP");
    const back = (await put("moved", { sessionAffinity: "ClientIP" })).json<{ spec: { [field: string]: unknown } }>();
    expect(back.spec).toMatchObject({
      type: "ClusterIP",
      clusterIP: expect.stringMatching(/^10\./),
      sessionAffinity: "ClientIP",
    });
  });
});

describe("status", () => {
  it("is changed by its subresource alone, and that changes nothing else", async () => {
    const node = "/api/v1/nodes/node-001";
    const body = { metadata: { labels: { colour: "red" } }, status: { phase: "Strange" } };
    const main = (await admin(node, { method: "PATCH", headers: merge, body })).json();
    expect([main.metadata.labels.colour, main.status.phase]).toEqual(["red", undefined]);
    const other = { metadata: { labels: { colour: "blue" } }, status: { phase: "Strange" } };
    const status = (await admin(`${node}/status`, { method: "PATCH", headers: merge, body: other })).json();
    expect([status.metadata.labels.colour, status.status.phase]).toEqual(["red", "Strange"]);
  });

  it("cannot be brought along by a new pod: it begins as Pending, gets a node and runs", async () => {
    const pods = "/api/v1/namespaces/default/pods";
    const body = { metadata: { name: "fresh" }, spec: { containers: [{ name: "main" }] }, status: { phase: "Failed" } };
    const created = (await admin(pods, { method: "POST", body })).json();
    expect(created.status.phase).toBe("Pending");
    const running = await eventually(
      async () => (await admin(`${pods}/fresh`)).json(),
      (pod) => pod.status.phase === "Running",
    );
    expect(running.spec.nodeName).toMatch(/^node-00[12]$/);
    expect(running.status.containerStatuses).toMatchObject([{ name: "main", ready: true }]);
  });
});

describe("patches", () => {
  it("applies JSON patches in order, all or nothing", async () => {
    await admin(maps, { method: "POST", body: configMap("json-patch", { a: "1", "x/y~z": "2" }) });
    const headers = { "content-type": "application/json-patch+json" };
    const operations = [
      { op: "test", path: "/data/a", value: "1" },
      { op: "add", path: "/data/b", value: "3" },
      { op: "remove", path: "/data/x~1y~0z" },
      { op: "copy", from: "/data/b", path: "/data/c" },
      { op: "move", from: "/data/a", path: "/data/d" },
      { op: "replace", path: "/data/b", value: "4" },
    ];
    const patched = (await admin(`${maps}/json-patch`, { method: "PATCH", headers, body: operations })).json();
    expect(patched.data).toEqual({ b: "4", c: "3", d: "1" });
    const failing = [
      { op: "remove", path: "/data/b" },
      { op: "remove", path: "/data/absent" },
    ];
    const refused = await admin(`${maps}/json-patch`, { method: "PATCH", headers, body: failing });
    expect(refused.status).toBe(400);
    expect((await admin(`${maps}/json-patch`)).json().data).toEqual({ b: "4", c: "3", d: "1" });
  });

  it("merges lists by key in strategic merge patches, and stores no directives", async () => {
    const services = "/api/v1/namespaces/default/services";
    const ports = [80, 81].map((port) => ({ name: `p${port}`, port }));
    await admin(services, { method: "POST", body: { metadata: { name: "strategic" }, spec: { ports } } });
    const headers = { "content-type": "application/strategic-merge-patch+json" };
    // What kubectl apply sends when the second port has left the file.
    const body = { spec: { ports: [{ $patch: "delete", port: 81 }], "$setElementOrder/ports": [{ port: 80 }] } };
    const patched = await admin(`${services}/strategic`, { method: "PATCH", headers, body });
    expect(patched.json<{ spec: object }>().spec).toMatchObject({ ports: [{ port: 80, targetPort: 80 }] });
    expect(patched.text).not.toContain("$");
    const refused = await admin(`${services}/strategic`, {
      method: "PATCH",
      headers,
      body: { spec: { $nonsense: 1 } },
    });
    expect(refused.status).toBe(422);
  });
});
