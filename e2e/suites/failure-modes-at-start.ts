/** Failure modes that a cluster starts with: each has one of its own. */
import { writeFileSync } from "node:fs";
import { issueClient, type KeyPair } from "@kubemetrics/x509";
import type { ControlPlaneFiles } from "../control-plane/control-plane.ts";
import { kubernetesVersion } from "../control-plane/kubernetes-versions.ts";
import { applicable, type FailureMode } from "./failure-mode.ts";

const { facts } = kubernetesVersion();

export const failureModesAtStart: readonly FailureMode[] = applicable([
  {
    id: "no-requestheader-flags",
    title: "kube-apiserver without --requestheader-* and --proxy-client-* flags",
    apiServer: () => ({
      without: [
        "requestheader-client-ca-file",
        "requestheader-allowed-names",
        "requestheader-extra-headers-prefix",
        "requestheader-group-headers",
        "requestheader-username-headers",
        "proxy-client-cert-file",
        "proxy-client-key-file",
      ],
    }),
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 403$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      serverLog:
        /^W .*has no requestheader-client-ca-file: kube-apiserver has no aggregation layer.*--requestheader-\* and --proxy-client-\* flags/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 403"/,
    },
  },
  {
    id: "wrong-allowed-names",
    title: "--requestheader-allowed-names without the name of the proxy certificate",
    apiServer: () => ({ flags: ["--requestheader-allowed-names=aggregator"] }),
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 401$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*cn=front-proxy-client is not in the allowed list.*--requestheader-allowed-names/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 401"/,
    },
  },
  {
    id: "one-ca-with-allowed-names",
    title: "one CA for users and front proxy, with allowed names: users keep working",
    apiServer: (files, { cluster }) => {
      replaceProxyPair(files, issueClient(cluster, { commonName: "front-proxy-client" }));
      return { flags: [`--requestheader-client-ca-file=${files.clusterAuthority}`] };
    },
    symptoms: {
      condition: /^True Passed: all checks passed$/,
      administrator: /^200 /,
      viewer: /^200 /,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*CA "kubernetes" signs both users and the front proxy.*give the front proxy a CA of its own/m,
    },
  },
  {
    id: "one-ca-without-allowed-names",
    title: "one CA for users and front proxy, without allowed names",
    dependsOn: "refusesSharedAuthority",
    apiServer: (files, { cluster }) => {
      replaceProxyPair(files, issueClient(cluster, { commonName: "front-proxy-client" }));
      return {
        flags: [`--requestheader-client-ca-file=${files.clusterAuthority}`],
        without: ["requestheader-allowed-names"],
      };
    },
    ...(facts.refusesSharedAuthority && {
      refusesToStart: /overlapping certificates.*--requestheader-allowed-names must be specified/,
    }),
    symptoms: {
      condition: /^True Passed: all checks passed$/,
      administrator: /^200 /,
      viewer: /^200 /,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*every user with a client certificate can impersonate anyone.* code="SHARED_CA_ANY_NAME"/m,
    },
  },
  {
    id: "expired-proxy-certificate",
    title: "the proxy client certificate has expired",
    apiServer: (files, { frontProxy }) => {
      const [notBeforeMs, notAfterMs] = [Date.now() - 7_200_000, Date.now() - 3_600_000];
      replaceProxyPair(files, issueClient(frontProxy, { commonName: "front-proxy-client", notBeforeMs, notAfterMs }));
      return {};
    },
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 401$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      serverLog: /^W .*as front proxy: certificate \\"front-proxy-client\\" expired \d{4}-.*renew it/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 401"/,
    },
  },
  {
    id: "lost-proxy-certificate-flag",
    title: "--proxy-client-key-file without --proxy-client-cert-file (a lost line continuation)",
    apiServer: () => ({ without: ["proxy-client-cert-file"] }),
    symptoms: {
      condition: /^False FailedDiscoveryCheck: .*bad status from https:.*: 403$/,
      administrator: /^503 service unavailable$/,
      viewer: /^503 service unavailable$/,
      readyz: /^readyz check passed$/m,
      apiServerLog: /v1\.metrics\.k8s\.io failed with: .*: 403"/,
    },
  },
]);

function replaceProxyPair(files: ControlPlaneFiles, pair: KeyPair): void {
  writeFileSync(files.proxyClientCertificate, pair.certificatePem);
  writeFileSync(files.proxyClientKey, pair.keyPem);
}
