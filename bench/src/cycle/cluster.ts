/** The simulated cluster of the `cycle` bench, in a process of its own so that its CPU is not counted. */
import { startSandbox } from "@kubemetrics/sandbox";
import type { ClusterReady, RegisterServer } from "./messages.ts";

const service = { namespace: "kube-system", name: "metrics-server" };
const [nodes = "1000", pods = "30", containers = "2"] = process.argv.slice(2);
const sandbox = await startSandbox({
  nodes: Number(nodes),
  podsPerNode: Number(pods),
  containersPerPod: Number(containers),
  // A page is cheap to make; compressing it would be the simulator's cost and, unpacked, the server's.
  compressKubeletPages: false,
  aggregation: { probeMs: 1_000 },
});
const account = sandbox.metricsServerAccount();
const ready: ClusterReady = {
  kubeconfig: account.kubeconfig,
  adminKubeconfig: sandbox.kubeconfig("admin"),
  token: account.token,
  authorityPem: sandbox.authorityPem,
  url: sandbox.url,
  serving: sandbox.serviceCertificate(service),
  kubelets: sandbox.nodes.map(({ address, port }) => ({ address, port })),
};
process.on("message", (message: RegisterServer) => {
  sandbox.registerExtension({ service, port: message.port, group: "metrics.k8s.io", versions: ["v1", "v1beta1"] });
});
process.on("disconnect", () => process.exit());
process.send?.(ready);
