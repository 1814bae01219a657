/** A client for whoever a kubeconfig names, as the control plane writes them (JSON, embedded credentials). */
import { readFileSync } from "node:fs";
import { apiClient, type ApiClient } from "../control-plane/api-client.ts";

export function kubeconfigClient(path: string): ApiClient {
  const { clusters, users } = JSON.parse(readFileSync(path, "utf8")) as {
    clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
  };
  const text = (base64: string): string => Buffer.from(base64, "base64").toString();
  const { server: url, "certificate-authority-data": authority } = clusters[0].cluster;
  const { "client-certificate-data": certificate, "client-key-data": key } = users[0].user;
  const credentials = { certificatePem: text(certificate), keyPem: text(key) };
  return apiClient({ url, authorityPem: text(authority) }, credentials);
}
