import { startSandbox } from "@kubemetrics/sandbox";
import { describe, expect, it } from "vitest";
import { ApiClient } from "../src/api-client.ts";
import { whyNoNumbers } from "../src/missing-numbers.ts";

describe("the reason for no table", () => {
  it("is the condition of the APIService, or what the API server says instead", async () => {
    const sandbox = await startSandbox({ nodes: 0 });
    const { certificatePem, keyPem } = sandbox.clientCertificate("admin");
    const { url, authorityPem: authority } = sandbox;
    const client = new ApiClient({ url, authority, certificate: certificatePem, key: keyPem });
    try {
      expect(await whyNoNumbers(client)).toMatch(/^GET .*v1\.metrics\.k8s\.io: 404 /);
      const service = { namespace: "kube-system", name: "metrics-server" };
      // Port 1 (tcpmux): nobody listens there, and no program gets it for port 0.
      sandbox.registerExtension({ service, port: 1, group: "metrics.k8s.io", versions: ["v1"] });
      await expect
        .poll(() => whyNoNumbers(client), { timeout: 4_000 })
        .toMatch(/^APIService v1\.metrics\.k8s\.io is not available: FailedDiscoveryCheck: .*refused/);
    } finally {
      client.close();
      await sandbox.close();
    }
    expect(await whyNoNumbers(client)).toMatch(/ECONNREFUSED|socket/);
  });
});
