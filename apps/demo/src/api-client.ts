/** Reads JSON from the API server as a user with a certificate, over connections that are kept. */
import { Agent, request } from "node:https";

export interface ApiClientOptions {
  readonly url: string;
  /** PEM. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const timeoutMs = 10_000;

export class ApiClient {
  readonly #url: string;
  readonly #agent: Agent;

  constructor({ url, authority, certificate, key }: ApiClientOptions) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, ca: authority, cert: certificate, key });
  }

  /**
   * The body of a successful answer.
   *
   * @throws Error for every other answer, with its status and text
   */
  async get<T>(path: string): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const outgoing = request(`${this.#url}${path}`, { agent: this.#agent, timeout: timeoutMs }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode === 200) resolve(JSON.parse(text) as T);
        else reject(new Error(`GET ${path}: ${answer.statusCode} ${text.trim().slice(0, 300)}`));
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`GET ${path}: no answer in ${timeoutMs / 1000} s`)));
    outgoing.on("error", reject);
    outgoing.end();
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
