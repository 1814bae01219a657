/** The aggregator's own identity, replaced in the steps that an administrator of kube-apiserver takes. */
import { issueAuthority, issueClient, type KeyPair } from "@kubemetrics/x509";
import type { BackendClients } from "./backend-clients.ts";
import { objectAt, textAt } from "./json-path.ts";
import type { ObjectStore } from "./object-store.ts";
import { configMaps } from "./resource-type.ts";
import type { FrontProxyRotation } from "./sandbox-types.ts";

const trust = { namespace: "kube-system", name: "extension-apiserver-authentication" };
const key = "requestheader-client-ca-file";

/**
 * Begins: the new authority is trusted beside the present ones.
 *
 * @param finished - called with the new authority, PEM, when only it is left
 */
export function beginFrontProxyRotation(
  store: ObjectStore,
  backends: BackendClients,
  finished: (authorityPem: string) => void,
): FrontProxyRotation {
  const authority = issueAuthority({ commonName: "front-proxy-ca" });
  const certificate: KeyPair = issueClient(authority, { commonName: "front-proxy-client" });
  writeTrust(store, (present) => `${present}${authority.certificatePem}`);
  return {
    certificate,
    use: () => backends.use(certificate),
    finish() {
      writeTrust(store, () => authority.certificatePem);
      finished(authority.certificatePem);
    },
  };
}

function writeTrust(store: ObjectStore, change: (present: string) => string): void {
  const object = store.get(configMaps, trust.namespace, trust.name);
  const data = objectAt(object, "data");
  store.update(configMaps, { ...object, data: { ...data, [key]: change(textAt(data, key)) } });
}
