import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SandboxError, startSandbox } from "@kubemetrics/sandbox";
import { clientOf, eventually } from "./http-client.ts";

describe("startSandbox", () => {
  it("gives every node an address of its own, or a port where there is only one address", async () => {
    await using addresses = await startSandbox({ nodes: 3, podsPerNode: 0, nodeAddressing: "addresses" });
    expect(addresses.nodes.map((node) => node.address)).toEqual(["127.10.1.1", "127.10.1.2", "127.10.1.3"]);
    await using ports = await startSandbox({ nodes: 3, podsPerNode: 0, nodeAddressing: "ports" });
    expect(new Set(ports.nodes.map((node) => node.address))).toEqual(new Set(["127.0.0.1"]));
    expect(new Set(ports.nodes.map((node) => node.port)).size).toBe(3);
  });

  it("plans the same pods for the same seed, with as many containers as asked for", async () => {
    const names = async (seed: number) => {
      await using cluster = await startSandbox({ nodes: 2, podsPerNode: 5, seed, containersPerPod: 3 });
      await using admin = clientOf(cluster.kubeconfig("admin"));
      const { items } = (await admin("/api/v1/pods")).json<{
        items: { metadata: { name: string; uid: string }; spec: { containers: object[] } }[];
      }>();
      expect(items.every((pod) => pod.spec.containers.length === 3)).toBe(true);
      return items.map((pod) => [pod.metadata.name, pod.metadata.uid]);
    };
    const first = await names(1);
    expect(first).toHaveLength(10);
    expect(await names(1)).toEqual(first);
    expect(await names(2)).not.toEqual(first);
  });

  it("says that a port is taken, by which address, and what to do", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const error: unknown = await startSandbox({ port }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toMatchObject({
      code: "PORT_IN_USE",
      message: `port ${port} of 127.0.0.1 is in use by another program; stop that program, or choose another port (0 lets the system choose)`,
    });
    await new Promise((resolve) => taken.close(resolve));
  });

  it.each([[{ nodes: -1 }], [{ podsPerNode: 1.5 }]])("refuses %o", async (options) => {
    await expect(startSandbox(options)).rejects.toMatchObject({ code: "BAD_OPTION" });
  });

  it("closes everything it opened, twice without harm, and frees its ports", async () => {
    const cluster = await startSandbox({ nodes: 2, podsPerNode: 1 });
    const port = Number(new URL(cluster.url).port);
    await using admin = clientOf(cluster.kubeconfig("admin"));
    const events = admin.watch("/api/v1/pods?watch=1");
    await events.next();
    const ended = events.next().catch(() => ({ done: true }));
    await cluster.close();
    await cluster.close();
    expect((await ended).done).not.toBe(undefined);
    await expect(admin("/healthz")).rejects.toThrow(/ECONNREFUSED|closed/);
    await using again = await startSandbox({ nodes: 0, port });
    expect(again.url).toBe(cluster.url);
  });
});

describe("a running sandbox", () => {
  it("writes kubeconfigs that only their owner can read", async () => {
    await using cluster = await startSandbox({ nodes: 0 });
    const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
    const path = await cluster.writeKubeconfig(join(folder, "deep", "config"), "viewer");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).toBe(cluster.kubeconfig("viewer"));
    await rm(folder, { recursive: true });
  });

  it("adds and removes nodes with their pods", async () => {
    await using cluster = await startSandbox({ nodes: 1, podsPerNode: 1 });
    await using admin = clientOf(cluster.kubeconfig("admin"));
    const node = await cluster.addNode("extra");
    cluster.addPod("extra", { namespace: "team", name: "lonely" });
    expect(cluster.nodes.map(({ name }) => name)).toEqual(["node-001", "extra"]);
    expect((await admin("/api/v1/namespaces/team/pods/lonely")).json().spec.nodeName).toBe("extra");
    await cluster.removeNode("extra");
    await eventually(
      async () => (await admin("/api/v1/namespaces/team/pods/lonely")).status,
      (status) => status === 404,
    );
    expect((await admin("/api/v1/nodes/extra")).status).toBe(404);
    expect(cluster.nodes).toHaveLength(1);
    expect(node.name).toBe("extra");
    await expect(cluster.addNode("node-001")).rejects.toMatchObject({ code: "BAD_OPTION" });
  });

  it.each([
    ["removeNode", (cluster: Awaited<ReturnType<typeof startSandbox>>) => cluster.removeNode("no")],
    ["addPod", async (cluster: Awaited<ReturnType<typeof startSandbox>>) => cluster.addPod("no", { name: "x" })],
    ["removePod", async (cluster: Awaited<ReturnType<typeof startSandbox>>) => cluster.removePod("default", "no")],
    [
      "addProcess",
      async (cluster: Awaited<ReturnType<typeof startSandbox>>) =>
        cluster.addProcess({ pid: 1, namespace: "default", pod: "x", container: "x" }),
    ],
    [
      "create",
      async (cluster: Awaited<ReturnType<typeof startSandbox>>) =>
        void cluster.create({ apiVersion: "v9", kind: "No", metadata: { name: "x" } }),
    ],
  ])("names what it does not know: %s", async (_, act) => {
    await using cluster = await startSandbox({ nodes: 1, podsPerNode: 0 });
    await expect(act(cluster)).rejects.toMatchObject({ name: "SandboxError", code: "UNKNOWN_NAME" });
  });

  it("spreads pods without a node over those with the fewest", async () => {
    await using cluster = await startSandbox({ nodes: 2, podsPerNode: 0 });
    await using admin = clientOf(cluster.kubeconfig("admin"));
    const pods = "/api/v1/namespaces/default/pods";
    const placed = [];
    for (const name of ["one", "two", "three", "four"]) {
      await admin(pods, { method: "POST", body: { metadata: { name }, spec: { containers: [{ name }] } } });
      const pod = await eventually(
        async () => (await admin(`${pods}/${name}`)).json(),
        ({ status }) => status.phase === "Running",
      );
      placed.push(pod.spec.nodeName);
    }
    expect(placed.toSorted()).toEqual(["node-001", "node-001", "node-002", "node-002"]);
  });

  it("gives cordoned nodes no new pods", async () => {
    await using cluster = await startSandbox({ nodes: 2, podsPerNode: 0 });
    await using admin = clientOf(cluster.kubeconfig("admin"));
    const headers = { "content-type": "application/merge-patch+json" };
    await admin("/api/v1/nodes/node-001", { method: "PATCH", headers, body: { spec: { unschedulable: true } } });
    const pods = "/api/v1/namespaces/default/pods";
    await admin(pods, { method: "POST", body: { metadata: { name: "one" }, spec: { containers: [] } } });
    const pod = await eventually(
      async () => (await admin(`${pods}/one`)).json(),
      ({ spec }) => spec.nodeName !== undefined,
    );
    expect(pod.spec.nodeName).toBe("node-002");
  });

  it("replaces an object that is created again, and keeps its uid", async () => {
    await using cluster = await startSandbox({ nodes: 0 });
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "new" }, data: { a: "1" } };
    const first = cluster.create(object);
    const second = cluster.create({ ...object, data: { a: "2" } });
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(second["data"]).toEqual({ a: "2" });
  });
});
