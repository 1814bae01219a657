/** Everybody's certificates in a control plane, as files: two authorities, and what each of them issued. */
import { generateKeyPairSync } from "node:crypto";
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";
import type { PairOfFiles, StateFolder } from "./state-folder.ts";

export interface Certificates {
  /** Of users, components and serving certificates. */
  readonly cluster: KeyPair;
  /** Of the aggregator, and of nobody else. */
  readonly frontProxy: KeyPair;
  readonly clusterFile: string;
  readonly frontProxyFile: string;
  readonly serving: PairOfFiles;
  readonly proxyClient: PairOfFiles;
  readonly kubeletClient: PairOfFiles;
  /** Of ServiceAccount tokens. */
  readonly tokenKeys: { readonly publicKey: string; readonly privateKey: string };
}

/** @param address - where kube-apiserver is reached */
export function issueCertificates(folder: StateFolder, address: string): Certificates {
  const cluster = issueAuthority({ commonName: "kubernetes" });
  const frontProxy = issueAuthority({ commonName: "front-proxy" });
  const serving = issueServer(cluster, {
    commonName: "kube-apiserver",
    dnsNames: ["kubernetes", "kubernetes.default.svc", "localhost"],
    ipAddresses: ["127.0.0.1", "10.96.0.1", address],
  });
  const kubeletClient = issueClient(cluster, {
    commonName: "kube-apiserver-kubelet-client",
    organizations: ["system:masters"],
  });
  const tokens = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return {
    cluster,
    frontProxy,
    clusterFile: folder.file("ca.crt", cluster.certificatePem),
    frontProxyFile: folder.file("front-proxy-ca.crt", frontProxy.certificatePem),
    serving: folder.pair("apiserver", serving),
    proxyClient: folder.pair(
      "front-proxy-client",
      issueClient(frontProxy, { commonName: "front-proxy-client", organizations: [] }),
    ),
    kubeletClient: folder.pair("apiserver-kubelet-client", kubeletClient),
    tokenKeys: {
      publicKey: folder.file("sa.pub", tokens.publicKey),
      privateKey: folder.file("sa.key", tokens.privateKey),
    },
  };
}
