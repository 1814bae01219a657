/** A kubeconfig with one cluster and one user, as JSON (which is YAML too). */
import type { KeyPair } from "@kubemetrics/x509";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

export function kubeconfigText(
  url: string,
  authorityPem: string,
  client: KeyPair | { readonly token: string },
): string {
  const user =
    "token" in client
      ? { token: client.token }
      : { "client-certificate-data": base64(client.certificatePem), "client-key-data": base64(client.keyPem) };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "e2e",
    clusters: [{ name: "e2e", cluster: { server: url, "certificate-authority-data": base64(authorityPem) } }],
    users: [{ name: "e2e", user }],
    contexts: [{ name: "e2e", context: { cluster: "e2e", user: "e2e" } }],
  });
}
