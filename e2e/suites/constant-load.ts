/** Requests that never pause while a test turns a cluster upside down, and what became of them. */
import { Agent, request } from "undici";
import type { Credentials } from "../control-plane/api-client.ts";

export interface LoadTarget {
  readonly url: string;
  readonly authorityPem: string;
  readonly credentials: Credentials;
}

export interface LoadRequest {
  readonly method?: "GET" | "POST";
  readonly path: string;
  /** Of the n-th request. */
  readonly body?: (n: number) => unknown;
  /** Whether a good answer has everything in it. Default: any 2xx has. */
  readonly isWhole?: (text: string) => boolean;
}

export interface LoadReport {
  /** Requests by path. */
  readonly asked: ReadonlyMap<string, number>;
  /** What the test did when it happened, and what the client saw. */
  readonly failures: readonly string[];
}

/** Each request is sent again as soon as it is answered, over connections that are kept. */
export class ConstantLoad implements AsyncDisposable {
  readonly #target: LoadTarget;
  readonly #dispatcher: Agent;
  readonly #loops: readonly Promise<void>[];
  readonly #asked = new Map<string, number>();
  readonly #failures: string[] = [];
  #doing = "start";
  #isOver = false;

  constructor(target: LoadTarget, requests: readonly LoadRequest[], parallel: number) {
    this.#target = target;
    const { certificatePem: cert, keyPem: key } = target.credentials;
    this.#dispatcher = new Agent({
      connect: { ca: target.authorityPem, ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) },
    });
    this.#loops = requests.flatMap((one) => Array.from({ length: parallel }, (_, loop) => this.#repeat(one, loop)));
  }

  /** Names what happens next, for failures. */
  doing(what: string): void {
    this.#doing = what;
  }

  get total(): number {
    return [...this.#asked.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when every loop went on for a while: nothing of what was done before is still under way. */
  async goesOn(requests = 150): Promise<void> {
    const wanted = this.total + requests;
    const deadline = Date.now() + 10_000;
    while (this.total < wanted && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    if (this.total < wanted) this.#failures.push(`${this.#doing}: the load came to a stand`);
  }

  async end(): Promise<LoadReport> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    return { asked: this.#asked, failures: this.#failures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#dispatcher.destroy();
    await Promise.all(this.#loops);
  }

  async #repeat(one: LoadRequest, loop: number): Promise<void> {
    const { method = "GET", path } = one;
    for (let n = loop; !this.#isOver; n += 1_000) {
      const said = await this.#once(one, n).catch((error: unknown) => String(error));
      if (said !== undefined && !this.#isOver) this.#failures.push(`${this.#doing}: ${method} ${path}: ${said}`);
      this.#asked.set(path, (this.#asked.get(path) ?? 0) + 1);
      // Not for the servers' sake: the processes under test share this machine with the load.
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  /** What was wrong. */
  async #once({ method = "GET", path, body, isWhole }: LoadRequest, n: number): Promise<string | undefined> {
    const answer = await request(`${this.#target.url}${path}`, {
      dispatcher: this.#dispatcher,
      method,
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body(n)) }),
    });
    const text = await answer.body.text();
    const isGood = answer.statusCode < 300 && (isWhole?.(text) ?? true);
    return isGood ? undefined : `${answer.statusCode} ${text.slice(0, 300)}`;
  }
}
