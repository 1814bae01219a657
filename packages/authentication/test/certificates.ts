/** The certificates of a cluster: one CA for users, one for the front proxy. */
import { issueAuthority, issueClient, parseBundle, type Bundle, type KeyPair } from "@kubemetrics/x509";
import { standardIdentityHeaders, type RequestHeaderTrust, type Trust } from "@kubemetrics/authentication";

export const now: number = Date.parse("2027-01-15T08:00:00Z");
export const day = 24 * 3_600_000;
export const clock = (): number => now;

export const userCa: KeyPair = issueAuthority({ commonName: "cluster-ca", clock });
export const proxyCa: KeyPair = issueAuthority({ commonName: "front-proxy-ca", clock });
export const proxy: KeyPair = issueClient(proxyCa, { commonName: "front-proxy-client", clock });
export const alice: KeyPair = issueClient(userCa, { commonName: "alice", organizations: ["dev"], clock });

export function der({ certificatePem }: KeyPair): Uint8Array {
  return Buffer.from(certificatePem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}

export function bundle(...authorities: readonly KeyPair[]): Bundle {
  return parseBundle(authorities.map(({ certificatePem }) => certificatePem).join(""));
}

export function requestHeader(
  authorities: readonly KeyPair[],
  allowedNames = ["front-proxy-client"],
): RequestHeaderTrust {
  return { ...standardIdentityHeaders, uidHeaders: [], authorities: bundle(...authorities), allowedNames };
}

export const usualTrust: Trust = { requestHeader: requestHeader([proxyCa]), clientAuthorities: bundle(userCa) };

/** Data of the ConfigMap as kube-apiserver writes it. */
export function mapData(
  authorities: { readonly proxy?: readonly KeyPair[]; readonly users?: readonly KeyPair[] },
  allowedNames: readonly string[] = ["front-proxy-client"],
): Record<string, string> {
  const pem = (pairs: readonly KeyPair[]): string => pairs.map(({ certificatePem }) => certificatePem).join("");
  return {
    ...(authorities.users === undefined ? {} : { "client-ca-file": pem(authorities.users) }),
    ...(authorities.proxy === undefined
      ? {}
      : {
          "requestheader-client-ca-file": pem(authorities.proxy),
          "requestheader-username-headers": '["X-Remote-User"]',
          "requestheader-group-headers": '["X-Remote-Group"]',
          "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
          "requestheader-allowed-names": JSON.stringify(allowedNames),
        }),
  };
}
