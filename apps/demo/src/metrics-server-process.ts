/** The real metrics-server as a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { connect, createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

export interface MetricsServerFiles {
  readonly kubeconfig: string;
  readonly servingCertificate: string;
  readonly servingKey: string;
  readonly kubeletAuthority: string;
  readonly log: string;
}

/** metrics-server ended before it served. The message ends with what it said last. */
export class MetricsServerFailed extends Error {
  readonly code = "METRICS_SERVER_FAILED";
}

const host = "127.0.0.1";
const startLimitMs = 20_000;
/** After this a process that was asked to end is killed. */
const endLimitMs = 5_000;

export class MetricsServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #logPath: string;
  readonly #exited: Promise<void>;
  #hasExited = false;
  /** The last lines it wrote, for an error message. */
  #tail = "";

  constructor(port: number, resolutionSeconds: number, files: MetricsServerFiles) {
    this.port = port;
    this.#logPath = files.log;
    const log = createWriteStream(files.log, { mode: 0o600 });
    // A log that cannot be written is no reason to end: the lines are still kept for error messages.
    log.on("error", () => undefined);
    // In a process group of its own, Ctrl-C at the terminal reaches only the demo, which then ends it in order.
    this.#child = spawn(
      process.execPath,
      [...process.execArgv, mainFile(), ...flagsFor(port, resolutionSeconds, files)],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, NODE_COMPILE_CACHE: getCompileCacheDir() },
        detached: true,
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        log.write(chunk);
        this.#tail = (this.#tail + chunk.toString()).slice(-2_000);
      });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#child.on("error", (error) => {
      this.#tail += error.message;
      this.#hasExited = true;
      resolve();
    });
    this.#child.on("exit", () => {
      this.#hasExited = true;
      log.end();
      resolve();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when it takes connections. @throws MetricsServerFailed */
  async listening(): Promise<void> {
    const deadline = performance.now() + startLimitMs;
    while (!(await takesConnections(this.port))) {
      if (this.#hasExited)
        throw new MetricsServerFailed(`metrics-server ended before it served. It said:\n${this.#tail.trim()}`);
      if (performance.now() > deadline) {
        throw new MetricsServerFailed(
          `metrics-server does not listen after ${startLimitMs / 1000} s; its log is ${this.#logPath}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** @throws MetricsServerFailed when it is no longer there */
  assertRunning(): void {
    if (this.#hasExited) throw new MetricsServerFailed(`metrics-server ended. It said:\n${this.#tail.trim()}`);
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

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(0, host, () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => resolve(port));
  });
  return promise;
}

function flagsFor(port: number, resolutionSeconds: number, files: MetricsServerFiles): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfig}`,
    `--authentication-kubeconfig=${files.kubeconfig}`,
    `--authorization-kubeconfig=${files.kubeconfig}`,
    `--bind-address=${host}`,
    `--secure-port=${port}`,
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

function takesConnections(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, host);
  socket.on("connect", () => {
    resolve(true);
    socket.destroy();
  });
  socket.on("error", () => resolve(false));
  return promise;
}
