/**
 * A real control plane on loopback: etcd and kube-apiserver (optionally kube-controller-manager), with the aggregation layer turned on.
 *
 * Ports are free ones, state lives in a temporary folder, and disposing stops everything and removes the folder.
 */
import { join } from "node:path";
import { issueClient } from "@kubemetrics/x509";
import { program } from "./assets.ts";
import { auditEvents, auditFlags } from "./audit.ts";
import { issueCertificates } from "./certificates.ts";
import type { ControlPlane, ControlPlaneFiles, ControlPlaneOptions } from "./control-plane.ts";
import { freePorts } from "./free-ports.ts";
import { restartableApiServer, usualFlags } from "./kube-apiserver.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { startProcess } from "./process.ts";
import { stateFolder } from "./state-folder.ts";

export type { AuditEvent, ControlPlane, ControlPlaneOptions, PrepareApiServer } from "./control-plane.ts";

/** Starts everything and returns when kube-apiserver is ready (about 3 s on a warm machine). */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const address = options.address ?? "127.0.0.1";
  const folder = stateFolder();
  const stack = new AsyncDisposableStack();
  stack.defer(() => folder.remove());
  try {
    const certificates = issueCertificates(folder, address);
    const { cluster, frontProxy } = certificates;
    const [etcdPort = 0, etcdPeerPort = 0, port = 0, controllerPort = 0, schedulerPort = 0] = await freePorts(5);
    const url = `https://${address}:${port}`;
    stack.use(
      startProcess("etcd", await program("etcd"), folder.path, [
        `--data-dir=${join(folder.path, "etcd")}`,
        `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
        `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
        `--listen-peer-urls=http://127.0.0.1:${etcdPeerPort}`,
        "--unsafe-no-fsync",
      ]),
    );
    const files: ControlPlaneFiles = {
      clusterAuthority: certificates.clusterFile,
      frontProxyAuthority: certificates.frontProxyFile,
      proxyClientCertificate: certificates.proxyClient.certificate,
      proxyClientKey: certificates.proxyClient.key,
    };
    const admin = issueClient(cluster, { commonName: "admin", organizations: ["system:masters"] });
    const apiServer = stack.use(
      restartableApiServer(
        { path: await program("kube-apiserver"), folder: folder.path, url, authority: cluster, admin },
        [
          usualFlags(certificates, { etcdPort, address, port, realNodes: options.realNodes === true }),
          { flags: options.audit === true ? auditFlags(folder) : [] },
          { flags: options.apiServerFlags ?? [] },
          options.apiServer?.(files, { cluster, frontProxy }) ?? {},
        ],
      ),
    );
    await apiServer.start();
    const kubeconfig: ControlPlane["kubeconfig"] = (commonName, organizations) =>
      folder.file(
        `${commonName.replaceAll(/[^\w-]/g, "_")}.kubeconfig`,
        kubeconfigText(url, cluster.certificatePem, issueClient(cluster, { commonName, organizations })),
      );
    if (options.controllerManager === true) {
      stack.use(
        startProcess("kube-controller-manager", await program("kube-controller-manager"), folder.path, [
          `--kubeconfig=${kubeconfig("system:kube-controller-manager", [])}`,
          "--leader-elect=false",
          "--use-service-account-credentials",
          `--root-ca-file=${certificates.clusterFile}`,
          `--service-account-private-key-file=${certificates.tokenKeys.privateKey}`,
          "--horizontal-pod-autoscaler-sync-period=2s",
          `--secure-port=${controllerPort}`,
          ...(options.controllerManagerFlags ?? []),
        ]),
      );
    }
    if (options.scheduler === true) {
      stack.use(
        startProcess("kube-scheduler", await program("kube-scheduler"), folder.path, [
          `--kubeconfig=${kubeconfig("system:kube-scheduler", [])}`,
          "--leader-elect=false",
          `--secure-port=${schedulerPort}`,
        ]),
      );
    }
    const owned = stack.move();
    return {
      folder: folder.path,
      address,
      port,
      url,
      clusterAuthority: cluster,
      frontProxyAuthority: frontProxy,
      admin,
      apiServer,
      files,
      auditEvents: () => auditEvents(folder),
      kubeconfig,
      kubeconfigText: (client) => kubeconfigText(url, cluster.certificatePem, client),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
