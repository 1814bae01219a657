/** The certificates of a cluster, made when it starts and never written to disk. */
import { issueAuthority, issueClient, issueServer, type KeyPair } from "@kubemetrics/x509";

/**
 * Two authorities, as `control-plane` installers make them: one for servers and users, one only for the aggregator's client certificate.
 * Certificates follow the real time, whatever clock the simulation has: TLS libraries judge them by it.
 */
export class Pki {
  readonly authority: KeyPair = issueAuthority({ commonName: "kubernetes" });
  readonly frontProxyAuthority: KeyPair = issueAuthority({ commonName: "front-proxy-ca" });
  /** What the aggregator shows to extension servers. */
  readonly frontProxyClient: KeyPair = issueClient(this.frontProxyAuthority, { commonName: "front-proxy-client" });

  apiServer(): KeyPair {
    return issueServer(this.authority, {
      commonName: "kube-apiserver",
      dnsNames: [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
      ],
      ipAddresses: ["127.0.0.1", "10.96.0.1"],
    });
  }

  /** A kubelet's serving certificate: clients may verify the node's name or its address. */
  kubelet(nodeName: string, address: string, authority: KeyPair = this.authority): KeyPair {
    return issueServer(authority, {
      commonName: `system:node:${nodeName}`,
      organizations: ["system:nodes"],
      dnsNames: [nodeName],
      ipAddresses: [address],
    });
  }

  /** For a program behind a Service. */
  service(namespace: string, name: string): KeyPair {
    const inCluster = [
      name,
      `${name}.${namespace}`,
      `${name}.${namespace}.svc`,
      `${name}.${namespace}.svc.cluster.local`,
    ];
    return issueServer(this.authority, {
      commonName: `${name}.${namespace}.svc`,
      dnsNames: [...inCluster, "localhost"],
      ipAddresses: ["127.0.0.1"],
    });
  }

  user(name: string, groups: readonly string[]): KeyPair {
    return issueClient(this.authority, { commonName: name, organizations: groups });
  }
}
