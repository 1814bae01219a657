import type { Clock } from "../clock.ts";
import { KubeUnreachable } from "../kube-error.ts";
import type { CredentialPlugin, PluginCredential } from "./credential-plugin.ts";
import { Deadline } from "./deadline.ts";

/** Shorter than the time of a list or watch, whose failure would say less. */
const limitMs = 20_000;

/**
 * One question to a plugin, shared by all who ask meanwhile.
 *
 * It goes on when a request has no more time, because the next one needs the answer as well, but not when all who asked are closed:
 * the plugin would keep the process alive.
 */
export class PluginRun {
  /** @throws KubeUnreachable that names the plugin */
  readonly credential: Promise<PluginCredential>;
  readonly #clock: Clock;
  readonly #deadline: Deadline;
  readonly #ended = new AbortController();
  readonly #askers = new Set<AbortSignal | undefined>();
  #answeredAtMs: number | undefined;

  constructor(plugin: CredentialPlugin, kubeconfigPath: string, clock: Clock) {
    this.#clock = clock;
    this.#deadline = new Deadline(clock, undefined);
    this.credential = this.#run(plugin, kubeconfigPath);
  }

  /** Of the answer; 0 while there is none. */
  get ageMs(): number {
    return this.#answeredAtMs === undefined ? 0 : this.#clock.now() - this.#answeredAtMs;
  }

  /** Without `closed`, the run goes on in any case. */
  join(closed: AbortSignal | undefined): void {
    if (this.#ended.signal.aborted || this.#askers.has(closed)) return;
    this.#askers.add(closed);
    closed?.addEventListener("abort", () => this.#leave(closed), { signal: this.#ended.signal });
  }

  #leave(closed: AbortSignal): void {
    this.#askers.delete(closed);
    if (this.#askers.size === 0) this.#deadline.abort(closed.reason);
  }

  async #run(plugin: CredentialPlugin, path: string): Promise<PluginCredential> {
    const late = `${plugin.name} did not end within ${limitMs / 1000} s, and there is nobody whom it could ask`;
    this.#deadline.restart(limitMs, () => new Error(late));
    try {
      const credential = await this.#deadline.race(plugin.credential(this.#deadline.signal));
      this.#answeredAtMs = this.#clock.now();
      return credential;
    } catch (cause) {
      const text = (cause as Error).message.trim();
      throw new KubeUnreachable(
        "CREDENTIALS",
        `the credential plugin of kubeconfig ${path} failed: ${text}; run its command by hand`,
        { cause },
      );
    } finally {
      this.#deadline.end();
      this.#ended.abort();
    }
  }
}
