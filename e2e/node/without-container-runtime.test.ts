/**
 * What a real kubelet answers when its container runtime is gone, which the sandbox's fault `runtime-gone` imitates. The last suite by
 * name: the node is of no use afterwards.
 */
import { KubeletClient, KubeletScraper } from "@kubemetrics/kubelet";
import { startSandbox } from "@kubemetrics/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiClient, type Credentials } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { access } from "./cluster.ts";

const target = {
  name: access.node,
  addresses: [{ type: "InternalIP", address: access.nodeAddress }],
  kubeletPort: 10_250,
  annotations: new Map<string, string>(),
};
const client = new KubeletClient({
  tls: () => ({
    certificateAuthority: access.authority.certificatePem,
    certificate: access.admin.certificatePem,
    key: access.admin.keyPem,
  }),
});
const endpoint = { preferredAddressTypes: ["InternalIP"], port: 10_250, useNodeStatusPort: true };
let nodeCpuNs = Number.NaN;
const scraper = new KubeletScraper({
  client,
  endpoint,
  sink: { commit: (_, points) => (nodeCpuNs = points.nodeCpuNs) },
});

beforeAll(async () => {
  await eventually("the kubelet has numbers", () => scraper.scrape(target, 5_000), 30_000);
  process.kill(access.containerdPid, "SIGKILL");
});
afterAll(() => client.close());

it("a scrape fails with NO_USAGE, where there was usage before", async () => {
  expect(nodeCpuNs).toBeGreaterThan(0);
  const failure = await eventually(
    "the kubelet notices",
    () =>
      scraper.scrape(target, 5_000).then(
        () => undefined,
        (error: unknown) => error as object,
      ),
    30_000,
  );
  expect(failure).toMatchObject({ code: "NO_USAGE", message: expect.stringContaining("(scrape_error 1)") as string });
});

it("the page and the refused summary are the sandbox's", async () => {
  await using sandbox = await startSandbox({ nodes: 1, podsPerNode: 1 });
  const [simulated] = sandbox.nodes;
  await simulated?.fault({ kind: "runtime-gone" });
  const asked = async (authorityPem: string, address: string, port: number, credentials: Credentials) => {
    await using kubelet = apiClient({ url: `https://${address}:${port}`, authorityPem }, credentials);
    const page = await kubelet.request("GET", "/metrics/resource");
    const summary = await kubelet.request("GET", "/stats/summary");
    return { status: page.status, page: page.text, summary: summary.status };
  };
  const { authorityPem } = sandbox;
  const ofSandbox = asked(
    authorityPem,
    simulated?.address ?? "",
    simulated?.port ?? 0,
    sandbox.clientCertificate("admin"),
  );
  const ofReal = asked(access.authority.certificatePem, access.nodeAddress, 10_250, access.admin);
  expect(await ofSandbox).toEqual(await ofReal);
});
