/** The real metrics-server as a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";

export interface MetricsServerFiles {
  readonly kubeconfig: string;
  readonly servingCertificate: string;
  readonly servingKey: string;
  readonly kubeletAuthority: string;
  readonly log: string;
}

/** metrics-server ended, or does not listen. The message ends with what it said last. */
export class MetricsServerFailed extends Error {
  readonly code = "METRICS_SERVER_FAILED";
}

const host = "127.0.0.1";
const endsWithParent = new URL("ends-with-parent.ts", import.meta.url).href;
const startLimitMs = 20_000;
/** metrics-server writes this line as soon as it takes connections. */
const servingLine = /^I \S+ serving host=\S+ port=(\d+) /m;
/** After this a process that was asked to end is killed. */
const endLimitMs = 5_000;

export class MetricsServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  /** Rejects with MetricsServerFailed when the process is gone. */
  readonly failed: Promise<never>;
  #hasExited = false;
  /** The last lines it wrote, for an error message. */
  #tail = "";

  /** The port that its log names. */
  readonly #port = Promise.withResolvers<number>();

  constructor(resolutionSeconds: number, files: MetricsServerFiles) {
    const log = createWriteStream(files.log, { mode: 0o600 });
    // A log that cannot be written is no reason to end: the lines are still kept for error messages.
    log.on("error", () => undefined);
    // In a process group of its own, Ctrl-C at the terminal reaches only the demo, which then ends it in order.
    this.#child = spawn(
      process.execPath,
      [...process.execArgv, "--import", endsWithParent, mainFile(), ...flagsFor(resolutionSeconds, files)],
      {
        stdio: ["ignore", "pipe", "pipe", "pipe"],
        env: { ...process.env, NODE_COMPILE_CACHE: getCompileCacheDir() },
        detached: true,
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        log.write(chunk);
        this.#tail = (this.#tail + chunk.toString()).slice(-2_000);
        const port = servingLine.exec(this.#tail)?.[1];
        if (port !== undefined) this.#port.resolve(Number(port));
      });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#child.on("error", (error) => {
      this.#tail += error.message;
      this.#hasExited = true;
      resolve();
    });
    // Not "exit": its last words may still be in the pipe then, and they are the ones that tell why.
    this.#child.on("close", () => {
      this.#hasExited = true;
      log.end();
      resolve();
    });
    this.failed = promise.then(() => {
      throw this.#ended();
    });
    this.failed.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The end of its log, for messages: the log itself goes with the demo. */
  get lastWords(): string {
    return this.#tail.trim() || "(nothing)";
  }

  /** Resolves with its port when it takes connections. @throws MetricsServerFailed */
  async listening(): Promise<number> {
    const tooLate = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      tooLate.reject(
        new MetricsServerFailed(
          `metrics-server does not listen after ${startLimitMs / 1000} s. It said:\n${this.lastWords}`,
        ),
      );
    }, startLimitMs);
    try {
      return await Promise.race([this.#port.promise, this.failed, tooLate.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws MetricsServerFailed when it is no longer there */
  assertRunning(): void {
    if (this.#hasExited) throw this.#ended();
  }

  #ended(): MetricsServerFailed {
    const how = this.#child.signalCode ?? `code ${this.#child.exitCode}`;
    return new MetricsServerFailed(`metrics-server ended (${how}). It said:\n${this.lastWords}`);
  }

  /** For the moment this process ends without time to wait. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    const killer = setTimeout(() => this.kill(), endLimitMs);
    await this.#exited;
    clearTimeout(killer);
  }
}

function flagsFor(resolutionSeconds: number, files: MetricsServerFiles): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfig}`,
    `--authentication-kubeconfig=${files.kubeconfig}`,
    `--authorization-kubeconfig=${files.kubeconfig}`,
    `--bind-address=${host}`,
    // Any free one: a port that was chosen before could be another program's by the time this one listens.
    "--secure-port=0",
    `--tls-cert-file=${files.servingCertificate}`,
    `--tls-private-key-file=${files.servingKey}`,
    `--kubelet-certificate-authority=${files.kubeletAuthority}`,
    "--kubelet-use-node-status-port",
    "--kubelet-preferred-address-types=InternalIP",
    `--metric-resolution=${resolutionSeconds}s`,
  ];
}

function mainFile(): string {
  return fileURLToPath(new URL("../../metrics-server/src/main.ts", import.meta.url));
}
