/**
 * The command of a kubeconfig that prints credentials (`exec` of a user).
 *
 * Run here and not by the official client, whose plugins wait for input that never comes, cannot be stopped, and keep an answer that is
 * no credential.
 *
 * @see client-go `plugin/pkg/client/auth/exec/exec.go`
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import type { CredentialPlugin, PluginCredential } from "./credential-plugin.ts";

/** `exec` of a user, as it is in the file. */
export interface ExecConfig {
  readonly apiVersion?: string | null;
  readonly command?: string | null;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string | null;
  readonly provideClusterInfo?: boolean | null;
}

export interface ExecSurroundings {
  /** Of the kubeconfig: commands with a slash are relative to it. */
  readonly folder: string;
  /** What a command with `provideClusterInfo` is told. */
  readonly cluster: () => Promise<object>;
  readonly nowMs: () => number;
}

/** `status` of an ExecCredential. */
interface ExecStatus {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

/** Of what a failing command wrote, enough to see why. */
const longestReason = 1_000;
const hasGroups = process.platform !== "win32";

export class ExecPlugin implements CredentialPlugin {
  readonly name: string;
  readonly #exec: ExecConfig;
  readonly #around: ExecSurroundings;
  #status: ExecStatus | undefined;

  constructor(exec: ExecConfig, around: ExecSurroundings) {
    this.name = `command "${exec.command ?? ""}"`;
    this.#exec = exec;
    this.#around = around;
  }

  async credential(signal: AbortSignal): Promise<PluginCredential> {
    if (this.#status === undefined || this.#isExpired(this.#status)) this.#status = await this.#asked(signal);
    const { token, clientCertificateData, clientKeyData } = this.#status;
    return {
      authorization: token ? `Bearer ${token}` : undefined,
      certificate: clientCertificateData || undefined,
      key: clientKeyData || undefined,
    };
  }

  #isExpired({ expirationTimestamp }: ExecStatus): boolean {
    return Boolean(expirationTimestamp) && !(Date.parse(expirationTimestamp ?? "") > this.#around.nowMs());
  }

  async #asked(signal: AbortSignal): Promise<ExecStatus> {
    const status = statusIn(await this.#printed(await this.#info(), signal));
    if (status === undefined) throw new Error(`${this.name} did not print an ExecCredential with a status`);
    if (!status.token && !(status.clientCertificateData && status.clientKeyData))
      throw new Error(`${this.name} printed an ExecCredential with neither a token nor a certificate and its key`);
    return status;
  }

  /** The ExecCredential that the command finds in its environment. */
  async #info(): Promise<string> {
    const { apiVersion, provideClusterInfo } = this.#exec;
    const cluster = provideClusterInfo ? await this.#around.cluster() : undefined;
    return JSON.stringify({
      kind: "ExecCredential",
      apiVersion: apiVersion ?? "client.authentication.k8s.io/v1",
      spec: { cluster, interactive: false },
    });
  }

  async #printed(info: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const child = this.#started(info);
    const end = (): void => endGroup(child);
    signal.addEventListener("abort", end);
    return new Promise<string>((succeed, reject) => {
      let [printed, reason] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (reason = (reason + text).slice(-longestReason)));
      child.on("error", (error) => reject(this.#notRun(error)));
      child.on("close", (code, endedBy) => {
        if (code === 0) succeed(printed);
        else reject(new Error(reason.trim() || `${this.name} ended with ${endedBy ?? `code ${code}`}`));
      });
    }).finally(() => signal.removeEventListener("abort", end));
  }

  #started(info: string): ChildProcessByStdio<null, Readable, Readable> {
    const { command, args, env } = this.#exec;
    if (!command) throw new Error("exec of the user names no command");
    const added = Object.fromEntries((env ?? []).map((one) => [one.name, one.value]));
    return spawn(command.includes(sep) ? resolve(this.#around.folder, command) : command, args ?? [], {
      env: { ...process.env, ...added, KUBERNETES_EXEC_INFO: info },
      // Nobody is there to answer a question: a command that asks reads the end of its input instead of waiting.
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that what a script has started can be ended with it.
      detached: hasGroups,
    });
  }

  #notRun(cause: Error): Error {
    const { installHint } = this.#exec;
    if ((cause as { code?: unknown }).code !== "ENOENT" || !installHint) return cause;
    return new Error(`${cause.message}: ${installHint.trim()}`, { cause });
  }
}

function endGroup(child: ChildProcessByStdio<null, Readable, Readable>): void {
  try {
    if (hasGroups && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
  // Whoever left the group may hold these for as long as it likes.
  child.stdout.destroy();
  child.stderr.destroy();
}

/** No part of the text may reach a message: it is a credential, in whatever form. */
function statusIn(printed: string): ExecStatus | undefined {
  try {
    const { status } = JSON.parse(printed) as { status?: unknown };
    return typeof status === "object" && status !== null ? status : undefined;
  } catch {
    return undefined;
  }
}
