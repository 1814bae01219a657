/** Requests as a plain HTTPS client sends them, with the credentials of a kubeconfig. */
import { Agent, request } from "undici";

export interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly text: string;
  /** The body as JSON; throws when it is none. What it holds is for the test to assert. */
  json<T = ApiBody>(): T;
}

/** The fields of objects, lists and Statuses that tests look at. */
export interface ApiBody {
  readonly kind: string;
  readonly apiVersion: string;
  readonly message: string;
  readonly code: number;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly continue?: string;
    /** The labels that tests set or look for. */
    readonly labels: { readonly app: string; readonly a?: string; readonly colour?: string };
  };
  readonly items: readonly ApiBody[];
  readonly data: { readonly [key: string]: string };
  readonly spec: { readonly nodeName: string };
  readonly details: { readonly causes: readonly { readonly field: string }[] };
  readonly status: {
    readonly phase: string;
    readonly allowed: boolean;
    readonly reason: string;
    readonly userInfo: object;
    readonly containerStatuses: readonly object[];
    readonly resourceRules: readonly object[];
    readonly nonResourceRules: readonly object[];
    readonly conditions?: readonly Condition[];
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: ApiBody;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: unknown;
}

export interface Client extends AsyncDisposable {
  (path: string, options?: RequestOptions): Promise<Answer>;
  /** Lines of a watch as they come. */
  watch(path: string, headers?: { readonly [name: string]: string }): AsyncGenerator<WatchEvent>;
}

function decoded(kubeconfig: string, field: string): string | undefined {
  const found = new RegExp(`${field}: (\\S+)`).exec(kubeconfig)?.[1];
  return found === undefined ? undefined : Buffer.from(found, "base64").toString();
}

/** A client for the server and user of a kubeconfig. */
export function clientOf(kubeconfig: string): Client {
  const server = /server: (\S+)/.exec(kubeconfig)![1]!;
  return httpsClient(server, {
    ca: decoded(kubeconfig, "certificate-authority-data"),
    cert: decoded(kubeconfig, "client-certificate-data"),
    key: decoded(kubeconfig, "client-key-data"),
    token: /^ {4}token: (\S+)/m.exec(kubeconfig)?.[1],
  });
}

export interface Credentials {
  readonly ca: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
}

export function httpsClient(origin: string, { ca, cert, key, token }: Credentials): Client {
  const connect = Object.fromEntries(Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined));
  const dispatcher = new Agent({ connect });
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const send = async (path: string, { method = "GET", headers = {}, body }: RequestOptions = {}): Promise<Answer> => {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const answer = await request(new URL(origin).origin + path, {
      dispatcher,
      method: method as "GET",
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...authorization, ...headers },
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: <T>() => JSON.parse(text) as T };
  };
  const watch = async function* (
    path: string,
    headers: { readonly [name: string]: string } = {},
  ): AsyncGenerator<WatchEvent> {
    const answer = await request(origin + path, { dispatcher, headers: { ...authorization, ...headers } });
    let rest = "";
    try {
      for await (const chunk of answer.body) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line) as WatchEvent;
      }
    } finally {
      answer.body.destroy();
    }
  };
  return Object.assign(send, { watch, [Symbol.asyncDispose]: () => dispatcher.destroy() });
}

/** The next `count` events of a watch. */
export async function take<T>(events: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done === true) break;
    taken.push(value as T);
  }
  return taken;
}

/** Asks again and again until the answer is as wanted: for what a controller does soon. */
export async function eventually<T>(ask: () => Promise<T> | T, isWanted: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const value = await ask();
    if (isWanted(value)) return value;
    if (Date.now() > deadline) throw new Error(`never as wanted: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
