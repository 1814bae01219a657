/** What the controllers of a real cluster do with objects of an extension server: collect, cascade, and end with a namespace. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFlundersOnRealCluster, type FlundersCluster } from "../suites/flunders-cluster.ts";
import { kubectls, type Kubectl } from "../suites/kubectl.ts";
import { eventually } from "../suites/metrics-server-process.ts";

describe("the controllers of a real cluster", () => {
  let cluster: FlundersCluster;
  let client: Kubectl;
  beforeAll(async () => {
    cluster = await startFlundersOnRealCluster({ controllerManager: true });
    client = (await kubectls())[0]!;
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const kubectl = (...args: string[]): Promise<string> => client.run(cluster.kubeconfig, ...args);
  const create = (name: string, object: object): Promise<string> => {
    const path = join(cluster.folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(object));
    return kubectl("create", "-f", path, "-o", "jsonpath={.metadata.uid}");
  };
  const flunder = (name: string, metadata: object = {}): object => ({
    apiVersion: "wardle.example.com/v1alpha1",
    kind: "Flunder",
    metadata: { name, ...metadata },
  });
  const isGone = async (...args: string[]): Promise<true | undefined> =>
    (await kubectl("get", ...args, "--ignore-not-found", "-o", "name")) === "" || undefined;

  it("the garbage collector collects a flunder whose owner is gone, and what a flunder owned", async () => {
    const owner = await create("owner", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owner" } });
    const owned = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner }];
    const uid = await create("owned", flunder("owned", { ownerReferences: owned }));
    const ofFlunder = [{ apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", name: "owned", uid }];
    const metadata = { name: "leaf", ownerReferences: ofFlunder };
    await create("leaf", { apiVersion: "v1", kind: "ConfigMap", metadata });
    await kubectl("delete", "configmap", "owner");
    await eventually("the flunder is collected", () => isGone("flunder", "owned"), 60_000);
    expect(await eventually("and what it owned", () => isGone("configmap", "leaf"), 60_000)).toBe(true);
  });

  it("deleting in the foreground waits for what the flunder owns", async () => {
    const uid = await create("top", flunder("top"));
    const ownerReferences = [
      { apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", name: "top", uid, blockOwnerDeletion: true },
    ];
    await create("below", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "below", ownerReferences } });
    await kubectl("delete", "flunder", "top", "--cascade=foreground", "--timeout=60s");
    expect(await isGone("configmap", "below")).toBe(true);
  });

  it("a namespace goes with the flunders in it", async () => {
    await kubectl("create", "namespace", "short");
    await create("inside", flunder("inside", { namespace: "short" }));
    await kubectl("delete", "namespace", "short", "--timeout=60s");
    expect(await kubectl("get", "flunders", "-A", "-o", "name")).toBe("");
  });
});
