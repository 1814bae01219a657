import { asObject } from "./api-object.ts";
import type { ClusterConnection } from "./cluster-connection.ts";
import type { KubeRequest } from "./kube-request.ts";
import { KubeAnswerInvalid, KubeRequestFailed } from "./kube-error.ts";

/** An APIService as kube-apiserver shows it. Nothing is trusted to be there. */
export interface ApiServiceObject {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>> | null;
  };
  readonly spec?: {
    readonly service?: { readonly namespace?: string; readonly name?: string } | null;
    readonly caBundle?: string | null;
    readonly insecureSkipTLSVerify?: boolean;
  };
}

const location = { group: "apiregistration.k8s.io", resource: "apiservices" };

/** Reads and patches single APIServices. Needs `get` and `patch` on their names (`resourceNames`) and no more. */
export class ApiServiceClient {
  readonly #connection: ClusterConnection;

  constructor(connection: ClusterConnection) {
    this.#connection = connection;
  }

  /**
   * `undefined`: there is none of that name.
   *
   * @throws KubeError
   */
  async get(name: string): Promise<ApiServiceObject | undefined> {
    try {
      const object = asObject(await this.#connection.request({ ...requestFor(name), verb: "get" }));
      if (object === undefined) throw new KubeAnswerInvalid(`the answer to get APIService ${name} is not an object`);
      return object as ApiServiceObject;
    } catch (error) {
      if (error instanceof KubeRequestFailed && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  }

  /**
   * Applies a merge patch. With a `metadata.resourceVersion` in it, the object must be as it was read.
   *
   * @returns `"stale"` when the object changed or went since then, and nothing was done
   * @throws KubeError
   */
  async patch(name: string, patch: object): Promise<"patched" | "stale"> {
    try {
      await this.#connection.request({
        ...requestFor(name),
        verb: "patch",
        body: JSON.stringify(patch),
        contentType: "application/merge-patch+json",
      });
      return "patched";
    } catch (error) {
      if (error instanceof KubeRequestFailed && (error.code === "CONFLICT" || error.code === "NOT_FOUND")) {
        return "stale";
      }
      throw error;
    }
  }
}

function requestFor(name: string): Omit<KubeRequest, "verb"> {
  return {
    location: { ...location, name },
    path: `/apis/apiregistration.k8s.io/v1/apiservices/${encodeURIComponent(name)}`,
    timeoutMs: 10_000,
  };
}
