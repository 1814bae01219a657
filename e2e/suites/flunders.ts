/** A resource of an extension server, as an operator works with it; the same expectations over every cluster and every kubectl. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { flundersApiService, type FlundersCluster } from "./flunders-cluster.ts";
import type { Kubectl } from "./kubectl.ts";

const merge = ["--type=merge", "-p"] as const;

export function flundersSuite(start: () => Promise<FlundersCluster>, clients: readonly Kubectl[]): void {
  let cluster: FlundersCluster;
  beforeAll(async () => {
    cluster = await start();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  describe.each(clients)("$name", ({ run }) => {
    const kubectl = (...args: string[]): Promise<string> => run(cluster.kubeconfig, ...args);
    const refusal = (...args: string[]): Promise<string> =>
      kubectl(...args).then(
        (printed) => Promise.reject(new Error(`kubectl ${args.join(" ")} went well:\n${printed}`)),
        (error: Error) => error.message,
      );
    const manifest = (name: string, spec: object, labels: Record<string, string> = {}): string => {
      const path = join(cluster.folder, `${name}.json`);
      const object = { apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", metadata: { name, labels }, spec };
      writeFileSync(path, JSON.stringify(object));
      return path;
    };
    const specOf = async (name: string): Promise<unknown> =>
      (JSON.parse(await kubectl("get", "flunder", name, "-o", "json")) as { spec: unknown }).spec;
    const names = async (): Promise<readonly string[]> =>
      (await kubectl("get", "flunders", "-o", "name")).split("\n").flatMap((line) => line.split("/")[1] ?? []);

    beforeEach(() => kubectl("delete", "flunders", "--all"));

    it("api-resources knows it with its short name and every verb", async () => {
      const printed = await kubectl("api-resources", "--api-group=wardle.example.com", "-o", "wide", "--no-headers");
      expect(printed.trim().split(/\s+/)).toEqual([
        "flunders",
        "fl",
        "wardle.example.com/v1alpha1",
        "true",
        "Flunder",
        "create,delete,deletecollection,get,list,patch,update,watch",
      ]);
    });

    it("create, get as a table and as YAML, describe, replace", async () => {
      await kubectl("create", "-f", manifest("a", { reference: "b" }, { color: "red" }));
      expect(await refusal("create", "-f", manifest("a", {}))).toContain(
        'flunders.wardle.example.com "a" already exists',
      );
      const [header, row] = (await kubectl("get", "fl")).trimEnd().split("\n");
      expect([header, row]).toEqual([expect.stringMatching(/^NAME\s+CREATED AT/), expect.stringMatching(/^a\s+20/)]);
      expect(await kubectl("get", "fl", "a", "-o", "yaml")).toMatch(/^kind: Flunder$[\s\S]*^ {2}reference: b$/m);
      expect(await kubectl("describe", "fl", "a")).toMatch(/^ {2}Reference: {2}b$/m);
      await kubectl("replace", "-f", manifest("a", { reference: "c" }));
      expect(await specOf("a")).toEqual({ reference: "c" });
    });

    it("apply creates, changes, removes what is no longer in the file, and leaves alone what others set", async () => {
      const created = await kubectl("apply", "-f", manifest("a", { reference: "b" }));
      const unchanged = await kubectl("apply", "-f", manifest("a", { reference: "b" }));
      await kubectl("label", "fl", "a", "by=somebody");
      const changed = await kubectl("apply", "-f", manifest("a", { referenceType: "Fischer" }));
      expect([created, unchanged, changed].map((printed) => printed.trim().split(" ")[1])).toEqual([
        "created",
        "unchanged",
        "configured",
      ]);
      expect(await specOf("a")).toEqual({ referenceType: "Fischer" });
      expect(await names()).toEqual(["a"]);
      expect(await kubectl("get", "fl", "-l", "by=somebody", "-o", "name")).toBe("flunder.wardle.example.com/a\n");
    });

    it("apply names a misspelt field and a value of the wrong type before anything is stored", async () => {
      expect(await refusal("apply", "-f", manifest("a", { referense: "b" }))).toContain(
        'unknown field "spec.referense"',
      );
      expect(await refusal("apply", "-f", manifest("a", { reference: 5 }))).toContain(
        "spec.reference: Invalid value: 5: must be of type string",
      );
      expect(await refusal("apply", "-f", manifest("a", { referenceType: "Fish" }))).toContain(
        'Unsupported value: "Fish": supported values: "Flunder", "Fischer"',
      );
      expect(await names()).toEqual([]);
    });

    it("patch merges and applies operations; strategic merge and server-side apply are refused in words", async () => {
      await kubectl("create", "-f", manifest("a", { reference: "b" }));
      await kubectl("patch", "fl", "a", ...merge, '{"spec":{"referenceType":"Flunder"}}');
      await kubectl("patch", "fl", "a", "--type=json", "-p", '[{"op":"replace","path":"/spec/reference","value":"c"}]');
      expect(await specOf("a")).toEqual({ reference: "c", referenceType: "Flunder" });
      const strategic = await refusal("patch", "fl", "a", "--type=strategic", "-p", '{"spec":{}}');
      expect(strategic).toContain("application/strategic-merge-patch+json is not supported");
      expect(await refusal("apply", "--server-side", "-f", manifest("a", {}))).toContain(
        "application/merge-patch+json",
      );
    });

    it("dry runs and diff show what would be, and change nothing", async () => {
      await kubectl("apply", "-f", manifest("a", { reference: "b" }));
      expect(await kubectl("create", "--dry-run=server", "-f", manifest("b", {}))).toContain(
        "created (server dry run)",
      );
      expect(await refusal("diff", "-f", manifest("a", { reference: "c" }))).toMatch(
        /^-.*reference: b\n\+.*reference: c$/m,
      );
      expect(await kubectl("delete", "fl", "a", "--dry-run=server")).toContain("deleted");
      expect([await names(), await specOf("a")]).toEqual([["a"], { reference: "b" }]);
    });

    it("get --watch prints rows as they change, and wait ends when the object is as wanted", async () => {
      await kubectl("create", "-f", manifest("a", { reference: "b" }));
      const watching = kubectl("get", "fl", "--watch", "--output-watch-events", "--request-timeout=4s");
      const waiting = kubectl("wait", "fl/a", "--for=jsonpath={.spec.reference}=c", "--timeout=10s");
      // Later than the first list of both: what they print next came by watch.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await kubectl("patch", "fl", "a", ...merge, '{"spec":{"reference":"c"}}');
      await kubectl("delete", "fl", "a");
      expect(await waiting).toContain("condition met");
      const rows = (await watching).trimEnd().split("\n");
      expect(rows.map((row) => row.split(/\s+/).slice(0, 2).join(" "))).toEqual([
        "EVENT NAME",
        "ADDED a",
        "MODIFIED a",
        "DELETED a",
      ]);
    });

    it("explain shows the kind, its fields and their choices", async () => {
      const kind = await kubectl("explain", "flunder");
      expect(kind).toContain("A flunder may refer to another one, or to a fischer.");
      expect(kind).toMatch(/^ {2}metadata\t<ObjectMeta>$/m);
      expect(await kubectl("explain", "flunder.spec")).toMatch(/^ {2}reference\t<string>$/m);
      const field = await kubectl("explain", "flunder.spec.referenceType");
      expect(field).toMatch(/ENUM:\s+Flunder\s+Fischer/);
    });

    it("get --raw reads the OpenAPI document that the index names", async () => {
      const index = JSON.parse(await kubectl("get", "--raw", "/openapi/v3")) as {
        paths: Record<string, { serverRelativeURL: string }>;
      };
      const url = index.paths["apis/wardle.example.com/v1alpha1"]?.serverRelativeURL ?? "";
      const document = JSON.parse(await kubectl("get", "--raw", url)) as { components: { schemas: object } };
      expect(Object.keys(document.components.schemas)).toContain("com.example.wardle.v1alpha1.Flunder");
    });

    it("delete by name, by label, all, and a deleted object waits for its finalizer", async () => {
      for (const [name, color] of [
        ["a", "red"],
        ["b", "red"],
        ["c", "blue"],
        ["d", "blue"],
      ] as const) {
        await kubectl("create", "-f", manifest(name, {}, { color }));
      }
      await kubectl("delete", "fl", "c");
      await kubectl("delete", "fl", "-l", "color=red");
      expect(await names()).toEqual(["d"]);
      await kubectl("patch", "fl", "d", ...merge, '{"metadata":{"finalizers":["wardle.example.com/wait"]}}');
      await kubectl("delete", "fl", "d", "--wait=false");
      expect(await kubectl("get", "fl", "d", "-o", "jsonpath={.metadata.deletionTimestamp}")).toMatch(/^20/);
      await kubectl("patch", "fl", "d", ...merge, '{"metadata":{"finalizers":null}}');
      expect(await names()).toEqual([]);
    });

    it("somebody without rights is refused by kube-apiserver's rules", async () => {
      expect(await refusal("get", "fl", "--as=somebody")).toContain(
        'flunders.wardle.example.com is forbidden: User "somebody" cannot list resource "flunders"',
      );
      expect(await refusal("auth", "can-i", "create", "flunders", "--as=somebody")).toContain("no");
      expect(await kubectl("auth", "can-i", "create", "flunders")).toBe("yes\n");
    });

    it("the APIService is verified by a bundle that the server wrote", async () => {
      const { spec, status } = JSON.parse(await kubectl("get", "apiservice", flundersApiService, "-o", "json")) as {
        spec: { caBundle?: string; insecureSkipTLSVerify?: boolean };
        status: { conditions: readonly { type: string; status: string; message: string }[] };
      };
      expect(Buffer.from(spec.caBundle ?? "", "base64").toString()).toContain("BEGIN CERTIFICATE");
      expect(spec.insecureSkipTLSVerify).toBeUndefined();
      expect(status.conditions).toMatchObject([{ type: "Available", status: "True", message: "all checks passed" }]);
      const log = readFileSync(cluster.server.logFile, "utf8");
      expect(log).not.toMatch(/"level":"error"/);
    });
  });
}
