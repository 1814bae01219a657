/** Plain requests to an HTTPS API as one identity; answers keep their status, nothing is retried. */
import { Agent, request, type Dispatcher } from "undici";

/** Who asks: a client certificate, a bearer token, both, or nobody. */
export interface Credentials {
  readonly certificatePem?: string;
  readonly keyPem?: string;
  readonly token?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json<T = ApiObject>(): T;
}

export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly resourceVersion?: string;
    readonly uid?: string;
  };
  readonly [field: string]: unknown;
}

export interface ApiClient extends AsyncDisposable {
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string | string[]>,
  ): Promise<ApiAnswer>;
  /** JSON of a 200; anything else throws with status and body. */
  get<T = ApiObject>(path: string): Promise<T>;
  /** Creates; 201 or an error. */
  post<T = ApiObject>(path: string, body: unknown): Promise<T>;
  /** Merge patch. */
  patch<T = ApiObject>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
}

export function apiClient(
  server: { readonly url: string; readonly authorityPem?: string },
  credentials: Credentials = {},
): ApiClient {
  const { certificatePem: cert, keyPem: key, token } = credentials;
  const dispatcher = new Agent({
    connect: {
      ...(server.authorityPem === undefined ? { rejectUnauthorized: false } : { ca: server.authorityPem }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    },
  });
  const ask: ApiClient["request"] = async (method, path, body, headers = {}) => {
    const answer = await request(`${server.url}${path}`, {
      dispatcher,
      method: method as Dispatcher.HttpMethod,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      json: <T>() => JSON.parse(text) as T,
    };
  };
  const expecting = async <T>(
    expected: number,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string | string[]>,
  ): Promise<T> => {
    const answer = await ask(method, path, body, headers);
    if (answer.status !== expected) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json<T>();
  };
  return {
    request: ask,
    get: (path) => expecting(200, "GET", path),
    post: (path, body) => expecting(201, "POST", path, body),
    patch: (path, body) => expecting(200, "PATCH", path, body, { "content-type": "application/merge-patch+json" }),
    delete: async (path) => void (await expecting(200, "DELETE", path)),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
