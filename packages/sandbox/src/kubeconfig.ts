/** Kubeconfig files. They hold secrets: whoever reads one is that user. */
export interface KubeconfigUser {
  readonly name: string;
  /** PEM. */
  readonly certificate?: { readonly certificatePem: string; readonly keyPem: string };
  readonly token?: string;
}

/** YAML text that kubectl and every client library read. */
export function kubeconfigText(server: string, authorityPem: string, user: KubeconfigUser): string {
  const context = `${user.name}@sandbox`;
  const credentials =
    user.certificate === undefined
      ? [`    token: ${user.token ?? ""}`]
      : [
          `    client-certificate-data: ${base64(user.certificate.certificatePem)}`,
          `    client-key-data: ${base64(user.certificate.keyPem)}`,
        ];
  return [
    "apiVersion: v1",
    "kind: Config",
    "clusters:",
    "- name: sandbox",
    "  cluster:",
    `    server: ${server}`,
    `    certificate-authority-data: ${base64(authorityPem)}`,
    "users:",
    `- name: ${quoted(user.name)}`,
    "  user:",
    ...credentials,
    "contexts:",
    `- name: ${quoted(context)}`,
    "  context:",
    "    cluster: sandbox",
    `    user: ${quoted(user.name)}`,
    `current-context: ${quoted(context)}`,
    "",
  ].join("\n");
}

/** Names hold colons. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
