import { startControlPlane } from "./control-plane/start.ts";
import { ClusterConnection, ClusterObjects, ConfigMapCache, authenticationConfigMap, kubeconfigConfig, TokenReviewClient, SubjectAccessReviewClient, PodCache } from "../packages/kube/src/index.ts";
const cp = await startControlPlane();
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
for (const http2 of [false, true]) {
  const conn = new ClusterConnection(await kubeconfigConfig({ path: cp.kubeconfig("admin" + http2, ["system:masters"]) }), { http2 });
  const objects = new ClusterObjects(conn, { silenceMs: 90_000, observer: { synced: (r, n) => console.log("synced", r, n), failing: (r, e) => console.log("failing", r, e.code, e.message), recovered: (r) => console.log("recovered", r) } });
  objects.start();
  const cm = new ConfigMapCache(conn, authenticationConfigMap); cm.subscribe((s) => console.log("cm", s.kind, s.kind === "present" ? Object.keys(s.data).join() : "")); cm.start();
  await sleep(1000);
  const n = (name: string) => ({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { a: "b" } } });
  await conn.request({ verb: "create", location: { group: "", resource: "nodes" }, path: "/api/v1/nodes", body: JSON.stringify(n("n" + http2)) });
  const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", labels: { app: "x" } }, spec: { nodeName: "n" + http2, containers: [{ name: "c", image: "x" }] } });
  const N = 1100;
  for (let i = 0; i < N; i += 50) await Promise.all(Array.from({ length: 50 }, async (_, k) => {
    const name = `p-${http2}-${i + k}`;
    await conn.request({ verb: "create", location: { group: "", resource: "pods" }, path: "/api/v1/namespaces/default/pods", body: JSON.stringify(pod(name)) });
    await conn.request({ verb: "update", location: { group: "", resource: "pods" }, path: `/api/v1/namespaces/default/pods/${name}/status`, body: JSON.stringify({ ...pod(name), status: { phase: "Running" } }) });
  }));
  await sleep(500);
  console.log(http2, "pods", objects.pods("default").length, objects.nodes().map((x) => x.name), objects.status.pods);
  const fresh = new PodCache(conn); fresh.start(); while (!fresh.status.synced) await sleep(5); console.log("paged list", fresh.pods().length); await fresh.close();
  console.log(await new SubjectAccessReviewClient(conn).review({ resourceAttributes: { verb: "get", resource: "nodes" }, user: "bob" }), await new TokenReviewClient(conn).review("abc", []));
  const nobody = new ClusterConnection(await kubeconfigConfig({ path: cp.kubeconfig("nobody" + http2, []) }));
  const no = new ConfigMapCache(nobody, authenticationConfigMap); no.subscribe((s) => console.log("nobody cm", JSON.stringify(s).slice(0, 300))); no.start(); await sleep(300); await no.close(); await nobody.close();
  await conn.request({ verb: "delete", location: { group: "", resource: "pods" }, path: "/api/v1/namespaces/default/pods/p-" + http2 + "-5", query: { gracePeriodSeconds: "0" } });
  await sleep(300); console.log("after delete", objects.pods("default").length);
  if (!http2) { const t = Date.now(); let b = objects.status.nodes.events; while (Date.now() - t < 75_000 && objects.status.nodes.events === b) await sleep(500); console.log("bookmark after", Date.now() - t, "ms", objects.status.nodes); }
  await cm.close(); await objects.close(); await conn.close();
}
await cp[Symbol.asyncDispose]();
