/**
 * The command of a kubeconfig that prints credentials (`exec` of a user).
 *
 * Run here and not by the official client, whose plugins wait for input that never comes, cannot be stopped, and keep an answer that is
 * no credential.
 *
 * @see client-go `plugin/pkg/client/auth/exec/exec.go`
 */
import { spawn } from "node:child_process";
import { resolve, sep } from "node:path";
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

  #printed(info: string, signal: AbortSignal): Promise<string> {
    const { command, args, env } = this.#exec;
    if (!command) return Promise.reject(new Error("exec of the user names no command"));
    const added = Object.fromEntries((env ?? []).map((one) => [one.name, one.value]));
    const path = command.includes(sep) ? resolve(this.#around.folder, command) : command;
    const child = spawn(path, args ?? [], {
      env: { ...process.env, ...added, KUBERNETES_EXEC_INFO: info },
      // Nobody is there to answer a question: a command that asks reads the end of its input instead of waiting.
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      killSignal: "SIGKILL",
    });
    return new Promise((succeed, reject) => {
      let [printed, reason] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (reason = (reason + text).slice(-longestReason)));
      child.on("error", (error) => {
        // A process that the command started may hold these open for as long as it likes.
        child.stdout.destroy();
        child.stderr.destroy();
        reject(this.#notRun(error));
      });
      child.on("close", (code, endedBy) => {
        if (code === 0) succeed(printed);
        else reject(new Error(reason.trim() || `${this.name} ended with ${endedBy ?? `code ${code}`}`));
      });
    });
  }

  #notRun(cause: Error): Error {
    const { installHint } = this.#exec;
    if ((cause as { code?: unknown }).code !== "ENOENT" || !installHint) return cause;
    return new Error(`${cause.message}: ${installHint.trim()}`, { cause });
  }
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
