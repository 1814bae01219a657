/** Puts authorities into the `caBundle` of one's own APIServices, beside what others put there. */
import { mergedCaBundle } from "./api-service-bundle.ts";
import type { ServiceName } from "./api-service-certificate.ts";
import type { ApiServiceClient, ApiServiceObject } from "./api-service-client.ts";

/** How an APIService stands to this server. */
export type ApiServiceState =
  /** Its bundle has all authorities. `isPatched`: since now. */
  | { readonly kind: "trusted"; readonly isPatched: boolean }
  /** Left alone, and why: there is none, it is another server's, somebody else keeps its bundle, nothing is verified. */
  | { readonly kind: "absent" | "foreign" | "managed" | "unverified"; readonly message: string }
  /** Could not be read: it may be as it was. */
  | { readonly kind: "unknown"; readonly message: string }
  /** Lacks an authority, and could not be changed. */
  | { readonly kind: "refused"; readonly message: string };

/** Each conflict means that another writer went ahead, so this many writers at once all succeed. */
const mostTries = 20;

/**
 * Never touches an APIService whose `spec.service` is another: its callers would be told to trust whoever runs this.
 *
 * Writes only on top of what it read (`metadata.resourceVersion`), so that replicas that rotate at once lose nothing.
 *
 * @param own - PEM, one authority each
 */
export async function trustAuthorities(
  client: ApiServiceClient,
  service: ServiceName,
  name: string,
  own: readonly string[],
  nowMs: number,
): Promise<ApiServiceState> {
  for (let tried = 0; tried < mostTries; tried++) {
    let object: ApiServiceObject | undefined;
    try {
      object = await client.get(name);
    } catch (error) {
      return { kind: "unknown", message: (error as Error).message };
    }
    const leftAlone = reasonToLeave(object, service, name);
    if (leftAlone !== undefined) return leftAlone;
    const current = Buffer.from(object?.spec?.caBundle ?? "", "base64").toString("latin1");
    const merged = mergedCaBundle(current, own, nowMs);
    if (merged === undefined) return { kind: "trusted", isPatched: false };
    const caBundle = Buffer.from(merged, "latin1").toString("base64");
    const metadata = { resourceVersion: object?.metadata?.resourceVersion ?? "" };
    try {
      if ((await client.patch(name, { metadata, spec: { caBundle } })) === "patched")
        return { kind: "trusted", isPatched: true };
    } catch (error) {
      return { kind: "refused", message: (error as Error).message };
    }
  }
  return { kind: "refused", message: `APIService ${name} changed ${mostTries} times while its caBundle was written` };
}

function reasonToLeave(
  object: ApiServiceObject | undefined,
  { namespace, name: serviceName }: ServiceName,
  name: string,
): ApiServiceState | undefined {
  if (object === undefined) {
    return { kind: "absent", message: `there is no APIService ${name}; create it, and its caBundle follows` };
  }
  const { service, insecureSkipTLSVerify } = object.spec ?? {};
  if (service?.namespace !== namespace || service.name !== serviceName) {
    const other = service?.name === undefined ? "kube-apiserver itself" : `${service.namespace}/${service.name}`;
    const message = `APIService ${name} belongs to ${other}, not to ${namespace}/${serviceName}: it is left alone`;
    return { kind: "foreign", message };
  }
  const injector = Object.keys(object.metadata?.annotations ?? {}).find((key) =>
    key.startsWith("cert-manager.io/inject-"),
  );
  if (injector !== undefined) {
    const message = `the caBundle of APIService ${name} is kept by cert-manager (annotation ${injector}); serve with its certificate files, or remove the annotation`;
    return { kind: "managed", message };
  }
  if (insecureSkipTLSVerify === true) {
    const message = `APIService ${name} has insecureSkipTLSVerify: whoever gets between kube-apiserver and this server can pose as it; remove the field, and the caBundle follows`;
    return { kind: "unverified", message };
  }
  return undefined;
}
