/** Both authorities of a running cluster are replaced, as operators do it, while clients keep asking: no request fails. */
import { readFileSync, writeFileSync } from "node:fs";
import { issueAuthority, issueClient, type KeyPair } from "@kubemetrics/x509";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../suites/metrics-server-process.ts";
import { serverLog, startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

let cluster: RealCluster;
beforeAll(async () => {
  cluster = await startRealCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const path = "/apis/metrics.k8s.io/v1/nodes";

/** Asks again and again over one connection each, until stopped; failures by what they said. */
function keepAsking(
  ask: () => Promise<{ status: number; text: string }>,
): () => Promise<{ asked: number; failures: string[] }> {
  let isStopped = false;
  let asked = 0;
  const failures: string[] = [];
  const running = (async () => {
    while (!isStopped) {
      asked++;
      const answer = await ask().catch((error: unknown) => ({ status: 0, text: String(error) }));
      if (answer.status !== 200) failures.push(`${answer.status} ${answer.text.slice(0, 200)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    isStopped = true;
    await running;
    return { asked, failures };
  };
}

const configMap = async (): Promise<Record<string, string>> =>
  (
    await cluster.admin.get<{ data: Record<string, string> }>(
      "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
    )
  ).data;

async function patchConfigMap(key: string, pem: string): Promise<void> {
  const object = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
  await cluster.admin.patch(object, { data: { [key]: pem } });
}

async function untilConfigMapHas(key: string, pem: string): Promise<void> {
  await eventually(
    `${key} has the new authority`,
    async () => (await configMap())[key]?.includes(pem.trim()) || undefined,
    70_000,
  );
}

it("front proxy and client authorities rotate under live connections without a failed request", async () => {
  const { plane } = cluster;
  const { files } = plane;
  const newFrontProxy = issueAuthority({ commonName: "front-proxy" });
  const newCluster = issueAuthority({ commonName: "kubernetes" });
  const append = (file: string, pem: string): void =>
    writeFileSync(file, `${readFileSync(file, "utf8").trim()}\n${pem}`);
  const replacePair = (pair: KeyPair): void => {
    writeFileSync(files.proxyClientCertificate, pair.certificatePem);
    writeFileSync(files.proxyClientKey, pair.keyPem);
  };

  const oldUser = cluster.direct(cluster.user("admin", ["system:masters"]));
  const stops = [keepAsking(() => cluster.admin.request("GET", path)), keepAsking(() => oldUser.request("GET", path))];
  try {
    // First everybody learns the new authorities beside the old ones.
    append(files.frontProxyAuthority, newFrontProxy.certificatePem);
    append(files.clusterAuthority, newCluster.certificatePem);
    await untilConfigMapHas("requestheader-client-ca-file", newFrontProxy.certificatePem);
    await untilConfigMapHas("client-ca-file", newCluster.certificatePem);
    // Then identities of the new ones come into use.
    const newUser = cluster.direct(issueClient(newCluster, { commonName: "admin", organizations: ["system:masters"] }));
    await eventually(
      "a user of the new authority is known",
      async () => (await newUser.request("GET", path)).status === 200 || undefined,
      10_000,
    );
    replacePair(issueClient(newFrontProxy, { commonName: "front-proxy-client" }));
    // kube-apiserver takes a changed file up within a second, and nothing tells when it did.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const newProxy = cluster.direct(issueClient(newFrontProxy, { commonName: "front-proxy-client" }));
    const answer = await newProxy.request("GET", path, undefined, {
      "x-remote-user": "somebody",
      "x-remote-group": "system:masters",
    });
    expect(answer.status).toBe(200);
    // Last the old one goes: the aggregator must have taken up its new certificate by now.
    writeFileSync(files.frontProxyAuthority, newFrontProxy.certificatePem);
    await patchConfigMap("requestheader-client-ca-file", newFrontProxy.certificatePem);
    const oldProxy = cluster.direct(issueClient(plane.frontProxyAuthority, { commonName: "front-proxy-client" }));
    await eventually(
      "the old authority's certificate counts no more",
      async () =>
        (await oldProxy.request("GET", path, undefined, { "x-remote-user": "somebody" })).status === 401 || undefined,
      10_000,
    );
  } finally {
    for (const stop of stops) {
      const { asked, failures } = await stop();
      expect(failures).toEqual([]);
      expect(asked).toBeGreaterThan(20);
    }
  }
  // What two authorities of one name look like to a client that asks whom to show a certificate from.
  expect((await configMap())["client-ca-file"]?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(serverLog(cluster)).not.toMatch(/^E /m);
});

it("an authority taken out of the ConfigMap is not believed any more, on open connections too", async () => {
  const stray = issueAuthority({ commonName: "stray" });
  const patch = (pem: string): Promise<void> => patchConfigMap("client-ca-file", pem);
  const before = (await configMap())["client-ca-file"] ?? "";
  await patch(`${before}${stray.certificatePem}`);
  const user = cluster.direct(issueClient(stray, { commonName: "admin", organizations: ["system:masters"] }));
  const status = async (): Promise<number> => (await user.request("GET", path)).status;
  const seen: number[] = [];
  await eventually("it is believed", async () => (seen.push(await status()), seen.at(-1) === 200 || undefined), 10_000);
  // kube-apiserver only ever adds to this ConfigMap; an operator who removes one edits it.
  await patch(before);
  await eventually("it is refused", async () => (seen.push(await status()), seen.at(-1) === 401 || undefined), 10_000);
  expect([...new Set(seen.slice(seen.indexOf(200)))]).toEqual([200, 401]);
});
