import type { ClusterConnection } from "../cluster-connection.ts";
import type { KubeRequest } from "../kube-request.ts";
import { isRequestFailed } from "../cluster-connection.ts";
import { KubeAnswerInvalid } from "../kube-error.ts";
import { asObject, type ApiList, type ApiObject } from "../api-object.ts";

/** Objects a page: a few MB of JSON, parsed in some ten milliseconds. */
const pageSize = "500";

/**
 * Lists a collection page by page and hands each object on. When the server says in between that the pages are too old (410),
 * it starts over; the second time it asks for everything at once, because a list that outlasts etcd's history never ends.
 *
 * @returns the resource version to watch from; objects handed on before a restart may have gone since
 */
export async function pagedList(
  connection: ClusterConnection,
  request: KubeRequest,
  restarted: () => void,
  each: (object: ApiObject) => void,
): Promise<string> {
  for (let expired = 0; ; expired++) {
    if (expired > 0) restarted();
    try {
      return await onePass(connection, request, expired < 2, each);
    } catch (error) {
      if (expired >= 2 || !isRequestFailed(error, "EXPIRED")) throw error;
    }
  }
}

async function onePass(
  connection: ClusterConnection,
  request: KubeRequest,
  inPages: boolean,
  each: (object: ApiObject) => void,
): Promise<string> {
  for (let token = ""; ;) {
    const query: Record<string, string> = { ...request.query };
    if (inPages) query["limit"] = pageSize;
    if (token !== "") query["continue"] = token;
    const list = asObject(await connection.request({ ...request, query })) as ApiList | undefined;
    const version = list?.metadata?.resourceVersion;
    if (list === undefined || version === undefined)
      throw new KubeAnswerInvalid(`the answer to ${request.path} is not a list with a resourceVersion`);
    for (const item of list.items ?? []) {
      const object = asObject(item);
      if (object !== undefined) each(object);
    }
    token = list.metadata?.continue ?? "";
    if (token === "") return version;
  }
}
