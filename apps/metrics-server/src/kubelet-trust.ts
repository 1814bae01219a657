/** What kubelets are shown and must show: the credentials for kube-apiserver, unless flags say otherwise. */
import type { Clock, Log } from "@kubemetrics/apiservice";
import type { ClusterConfig } from "@kubemetrics/kube";
import type { KubeletTls } from "@kubemetrics/kubelet";
import type { KubeletOptions } from "./options.ts";
import { repeat, type ReadText } from "./text-files.ts";

export interface KubeletTrustOptions {
  readonly kubelet: KubeletOptions;
  readonly config: ClusterConfig;
  readonly readText: ReadText;
  readonly clock: Clock;
  readonly log: Log;
}

const rereadMs = 10_000;

/** Certificates for kubelets as they are now, read again while running. */
export class KubeletTrust {
  readonly #options: KubeletTrustOptions;
  readonly #stop: () => void;
  #current: KubeletTls;
  #lastProblem = "";

  private constructor(options: KubeletTrustOptions, current: KubeletTls) {
    this.#options = options;
    this.#current = current;
    this.#stop = repeat(options.clock, rereadMs, () => this.#reread());
  }

  /** @throws when a file that a flag names cannot be read */
  static async open(options: KubeletTrustOptions): Promise<KubeletTrust> {
    return new KubeletTrust(options, await readMaterial(options));
  }

  get current(): KubeletTls {
    return this.#current;
  }

  close(): void {
    this.#stop();
  }

  async #reread(): Promise<void> {
    try {
      const next = await readMaterial(this.#options);
      const { certificateAuthority, certificate, key } = this.#current;
      const isSame =
        next.certificateAuthority === certificateAuthority && next.certificate === certificate && next.key === key;
      if (!isSame) this.#current = next;
      this.#lastProblem = "";
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== this.#lastProblem)
        this.#options.log.warn({ reason }, "certificates for kubelets cannot be read again; those in use stay");
      this.#lastProblem = reason;
    }
  }
}

async function readMaterial({ kubelet, config, readText }: KubeletTrustOptions): Promise<KubeletTls> {
  if (kubelet.completelyInsecure) return {};
  const cluster = await config.tls();
  const hasOwnCertificate = kubelet.clientCertificate !== "";
  const insecure =
    kubelet.insecureTls || (kubelet.certificateAuthority === "" && config.insecureSkipTlsVerify === true);
  return {
    insecure,
    certificateAuthority: await authorityOf(kubelet, cluster.certificateAuthority, insecure, readText),
    certificate: hasOwnCertificate ? await readText(kubelet.clientCertificate) : cluster.certificate,
    key: hasOwnCertificate ? await readText(kubelet.clientKey) : cluster.key,
  };
}

function authorityOf(
  kubelet: KubeletOptions,
  clusterAuthority: string | undefined,
  insecure: boolean,
  readText: ReadText,
): Promise<string> | string | undefined {
  if (insecure) return undefined;
  return kubelet.certificateAuthority === "" ? clusterAuthority : readText(kubelet.certificateAuthority);
}
