/** kube-apiserver's flags, with the aggregation layer turned on, and a process that can be stopped and started again with others. */
import { join } from "node:path";
import type { KeyPair } from "@kubemetrics/x509";
import { Agent, request } from "undici";
import type { Certificates } from "./certificates.ts";
import type { FlagChanges, RestartableApiServer } from "./control-plane.ts";
import { startProcess, type RunningProcess } from "./process.ts";

export interface ApiServerPlace {
  readonly etcdPort: number;
  readonly address: string;
  readonly port: number;
  /** Admission of service accounts and Node authorization, as a cluster with real kubelets has them. */
  readonly realNodes: boolean;
}

/** What every cluster of the suites has. */
export function usualFlags(certificates: Certificates, place: ApiServerPlace): FlagChanges {
  const { clusterFile, frontProxyFile, serving, proxyClient, kubeletClient, tokenKeys } = certificates;
  return {
    flags: [
      `--etcd-servers=http://127.0.0.1:${place.etcdPort}`,
      `--secure-port=${place.port}`,
      `--bind-address=${place.address}`,
      `--advertise-address=${place.address}`,
      "--endpoint-reconciler-type=none",
      "--service-cluster-ip-range=10.96.0.0/16",
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${clusterFile}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${tokenKeys.publicKey}`,
      `--service-account-signing-key-file=${tokenKeys.privateKey}`,
      ...(place.realNodes
        ? ["--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction"]
        : ["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"]),
      `--requestheader-client-ca-file=${frontProxyFile}`,
      "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-username-headers=X-Remote-User",
      `--proxy-client-cert-file=${proxyClient.certificate}`,
      `--proxy-client-key-file=${proxyClient.key}`,
      "--enable-aggregator-routing=true",
      `--kubelet-client-certificate=${kubeletClient.certificate}`,
      `--kubelet-client-key=${kubeletClient.key}`,
      `--kubelet-certificate-authority=${clusterFile}`,
      "--kubelet-preferred-address-types=InternalIP,Hostname",
    ],
  };
}

export interface ApiServerProgram {
  readonly path: string;
  readonly folder: string;
  readonly url: string;
  readonly authority: KeyPair;
  readonly admin: KeyPair;
}

/** A kube-apiserver that is not started yet. Later changes of its flags win. */
export function restartableApiServer(
  program: ApiServerProgram,
  usual: readonly FlagChanges[],
): RestartableApiServer & AsyncDisposable {
  let running: RunningProcess | undefined;
  const stop = async (): Promise<void> => running?.kill();
  return {
    logFile: join(program.folder, "kube-apiserver.log"),
    stop,
    async start(changes = {}) {
      const flags = [...usual, changes].reduce<readonly string[]>(changeFlags, []);
      running = startProcess("kube-apiserver", program.path, program.folder, flags);
      await untilReady(program, running.exited);
    },
    [Symbol.asyncDispose]: stop,
  };
}

function flagName(flag: string): string {
  return flag.replace(/^--/, "").split("=", 1)[0] ?? "";
}

/** Lists would grow when a flag is given twice, so the earlier one goes. */
function changeFlags(flags: readonly string[], { flags: more = [], without = [] }: FlagChanges): readonly string[] {
  const gone = new Set([...more.map(flagName), ...without]);
  return [...flags.filter((flag) => !gone.has(flagName(flag))), ...more];
}

async function untilReady({ url, authority, admin }: ApiServerProgram, exited: Promise<string>): Promise<void> {
  const dispatcher = new Agent({
    connect: { ca: authority.certificatePem, cert: admin.certificatePem, key: admin.keyPem },
  });
  const deadline = Date.now() + 60_000;
  let died: string | undefined;
  void exited.then((reason) => (died = reason));
  try {
    for (;;) {
      if (died !== undefined) throw new Error(died);
      const status = await request(`${url}/readyz`, { dispatcher }).then(
        async (answer) => (await answer.body.dump(), answer.statusCode),
        () => 0,
      );
      if (status === 200) return;
      if (Date.now() > deadline) throw new Error(`kube-apiserver was not ready within 60 s (last status ${status})`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await dispatcher.close();
  }
}
