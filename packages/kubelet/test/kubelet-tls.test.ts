/** Who is believed to be a kubelet. */
import { issueAuthority, issueServer, type KeyPair } from "@kubemetrics/x509";
import { describe, expect, test } from "vitest";
import { KubeletClient, type KubeletTls } from "../src/index.ts";
import {
  authority,
  byAddress,
  byName,
  clientCertificate,
  fakeKubelet,
  node,
  otherAuthority,
  text,
  trusting,
} from "./support/fake-kubelet.ts";

const server = (options: { dnsNames?: string[]; ipAddresses?: string[]; commonName?: string; by?: KeyPair }): KeyPair =>
  issueServer(options.by ?? authority, {
    commonName: options.commonName ?? "x",
    dnsNames: options.dnsNames ?? [],
    ipAddresses: options.ipAddresses ?? [],
  });

describe("the address is dialled, and the certificate is accepted when it is for", () => {
  test.each([
    ["the address", byAddress],
    ["the node's name, without any address", byName],
    ["both", server({ dnsNames: [node], ipAddresses: ["127.0.0.1"] })],
    ["a wildcard over the node's name", server({ dnsNames: ["*.nodes.example"] })],
  ])("%s", async (_, certificate) => {
    await using kubelet = await fakeKubelet((__, response) => response.end("page"), { certificate });
    const client = trusting();
    expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("page");
    client.close();
  });
});

describe("no request is sent, not even the token, when the certificate", () => {
  const now = Date.now();
  test.each([
    [
      "is for another node",
      server({ dnsNames: ["node-2.nodes.example"], ipAddresses: ["127.0.0.2"] }),
      "TLS_NAME_MISMATCH",
      "serverTLSBootstrap",
    ],
    [
      "has the node's name only as common name",
      server({ commonName: node }),
      "TLS_NAME_MISMATCH",
      "is for no name at all",
    ],
    [
      "has the node's name only as common name, and an address",
      server({ commonName: node, ipAddresses: ["127.0.0.2"] }),
      "TLS_NAME_MISMATCH",
      "127.0.0.2",
    ],
    [
      "is of another authority of the same name",
      server({ ipAddresses: ["127.0.0.1"], by: otherAuthority }),
      "TLS_UNKNOWN_CA",
      "--kubelet-certificate-authority",
    ],
    [
      "signs itself, as a kubelet's own does",
      issueAuthority({ commonName: node }),
      "TLS_UNKNOWN_CA",
      "--kubelet-certificate-authority",
    ],
    [
      "expired",
      issueServer(authority, {
        commonName: "x",
        dnsNames: [node],
        ipAddresses: [],
        notBeforeMs: now - 7_200_000,
        notAfterMs: now - 3_600_000,
      }),
      "TLS_EXPIRED",
      "renew",
    ],
  ])("%s", async (_, certificate, code, advice) => {
    let requests = 0;
    await using kubelet = await fakeKubelet((__, response) => response.end(String(++requests)), { certificate });
    const client = trusting({ authorization: () => "Bearer secret" });
    const asked = client.get(kubelet.endpoint, "/", 5_000, text);
    await expect(asked).rejects.toMatchObject({ code, node });
    await expect(asked).rejects.toThrow(advice);
    expect(requests).toBe(0);
    client.close();
  });
});

describe("what an operator reads is the same sentence on every Node.js, without its advice about options of its own, when the certificate", () => {
  const byOther = server({ ipAddresses: ["127.0.0.1"], by: otherAuthority });
  const withRoot = { ...byOther, certificatePem: `${byOther.certificatePem}${otherAuthority.certificatePem}` };
  const hour = 3_600_000;
  const valid = (fromMs: number): KeyPair =>
    issueServer(authority, {
      commonName: "x",
      dnsNames: [node],
      ipAddresses: [],
      notBeforeMs: Date.now() + fromMs,
      notAfterMs: Date.now() + fromMs + hour,
    });
  test.each([
    ["is of another authority", byOther, "its certificate was signed by an authority that we were not given"],
    ["signs itself", issueAuthority({ commonName: node }), "its certificate is signed by itself"],
    ["comes with its unknown root", withRoot, "its certificate leads to a root that we were not given"],
    ["expired", valid(-2 * hour), "its certificate has expired"],
    ["is of tomorrow", valid(hour), "its certificate is not valid yet"],
  ])("%s", async (_, certificate, sentence) => {
    await using kubelet = await fakeKubelet((__, response) => response.end(), { certificate });
    const client = trusting();
    const asked = client.get(kubelet.endpoint, "/", 5_000, text);
    await expect(asked).rejects.toThrow(`/: ${sentence}; `);
    await expect(asked).rejects.not.toThrow(/Node\.js|--use-system-ca/);
    client.close();
  });
});

test("insecure mode accepts any certificate", async () => {
  const certificate = server({ dnsNames: ["other"], by: otherAuthority });
  await using kubelet = await fakeKubelet((_, response) => response.end("page"), { certificate });
  const client = new KubeletClient({ tls: () => ({ insecure: true }) });
  expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("page");
  client.close();
});

test("a client certificate is shown when there is one, and its lack is explained", async () => {
  await using kubelet = await fakeKubelet((_, response) => response.end("page"), { requestCert: true });
  const { certificatePem: certificate, keyPem: key } = clientCertificate;
  const known = trusting({ tls: () => ({ certificateAuthority: authority.certificatePem, certificate, key }) });
  expect(await known.get(kubelet.endpoint, "/", 5_000, text)).toBe("page");
  const unknown = trusting();
  const refused = unknown.get(kubelet.endpoint, "/", 5_000, text);
  await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/TLS_FAILED|CONNECTION_LOST/) as string });
  known.close();
  unknown.close();
});

test("a rotated authority takes effect on the next request, also on a live connection", async () => {
  await using kubelet = await fakeKubelet((_, response) => response.end("page"));
  let material: KubeletTls = { certificateAuthority: authority.certificatePem };
  const client = trusting({ tls: () => material });
  await client.get(kubelet.endpoint, "/", 5_000, text);
  material = { certificateAuthority: authority.certificatePem };
  await client.get(kubelet.endpoint, "/", 5_000, text);
  expect(kubelet.connections()).toBe(1);
  material = { certificateAuthority: otherAuthority.certificatePem };
  await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "TLS_UNKNOWN_CA" });
  material = { certificateAuthority: `${otherAuthority.certificatePem}${authority.certificatePem}` };
  expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("page");
  client.close();
});

test("files that do not fit each other are named as ours, not as the kubelet's", async () => {
  await using kubelet = await fakeKubelet((_, response) => response.end("page"));
  const { certificatePem: certificate } = clientCertificate;
  const client = trusting({ tls: () => ({ certificate, key: byName.keyPem }) });
  const asked = client.get(kubelet.endpoint, "/", 5_000, text);
  await expect(asked).rejects.toMatchObject({ code: "TLS_FAILED" });
  await expect(asked).rejects.toThrow(/our certificates do not work.*--kubelet-client-key/);
});

test("a port that does not speak TLS is explained", async () => {
  await using kubelet = await fakeKubelet((_, response) => response.end("page"), { certificate: undefined });
  const client = trusting();
  const asked = client.get(kubelet.endpoint, "/", 5_000, text);
  await expect(asked).rejects.toMatchObject({ code: "TLS_FAILED" });
  await expect(asked).rejects.toThrow("does not speak TLS; check --kubelet-port");
  client.close();
});

test("plain HTTP sends no credentials", async () => {
  await using kubelet = await fakeKubelet(
    (request, response) => response.end(request.headers.authorization ?? "none"),
    {
      certificate: undefined,
    },
  );
  const client = trusting({ plaintext: true, authorization: () => "Bearer secret" });
  expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("none");
  client.close();
});
