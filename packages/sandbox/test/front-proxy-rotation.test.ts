import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import type { TLSSocket } from "node:tls";
import { startSandbox } from "@kubemetrics/sandbox";
import { startExtensionServer } from "./extension-server.ts";
import { clientOf, eventually } from "./http-client.ts";

const service = { namespace: "kube-system", name: "metrics-server" };
const path = "/apis/g.io/v1/things";

test("the aggregator's authority is replaced in three steps, and each is seen where it counts", async () => {
  await using cluster = await startSandbox({ nodes: 0 });
  await using admin = clientOf(cluster.kubeconfig("admin"));
  await using server = await startExtensionServer(cluster.serviceCertificate(service));
  const shown: X509Certificate[] = [];
  server.on(path, (request, response) => {
    const certificate = (request.socket as TLSSocket).getPeerX509Certificate();
    if (certificate !== undefined) shown.push(new X509Certificate(certificate.raw));
    response.end("{}");
  });
  cluster.registerExtension({ service, port: server.port, group: "g.io", versions: ["v1"] });
  await eventually(
    () => admin(path),
    ({ status }) => status === 200,
  );
  const trusted = async (): Promise<string> => {
    const map = await admin("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication");
    return map.json().data["requestheader-client-ca-file"] ?? "";
  };
  const isSignedBy = (authorityPem: string): boolean =>
    shown.at(-1)?.verify(new X509Certificate(authorityPem).publicKey) ?? false;
  const old = cluster.frontProxyAuthorityPem;

  const rotation = cluster.rotateFrontProxy();
  const both = await trusted();
  expect([both.startsWith(old), both.split("BEGIN CERTIFICATE").length - 1]).toEqual([true, 2]);
  await admin(path);
  expect(isSignedBy(old), "not used yet").toBe(true);

  rotation.use();
  await admin(path);
  expect(shown.at(-1)?.fingerprint256).toBe(new X509Certificate(rotation.certificate.certificatePem).fingerprint256);
  expect(await trusted()).toBe(both);

  rotation.finish();
  expect(await trusted()).toBe(cluster.frontProxyAuthorityPem);
  expect([isSignedBy(cluster.frontProxyAuthorityPem), cluster.frontProxyAuthorityPem === old]).toEqual([true, false]);
});
