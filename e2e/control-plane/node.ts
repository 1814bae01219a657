/**
 * A real node: containerd and kubelet, joined to a control plane, inside the suite's own network, mount and process namespaces.
 *
 * Must run inside `unshare` (see `../run.ts`): every process, link, address, rule and mount is gone with it. What is left after
 * SIGKILL is the state folder, empty cgroup folders and three kernel settings; `leftovers.ts` mends them at the next start.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { issueClient, issueServer } from "@kubemetrics/x509";
import { program } from "./assets.ts";
import { cgroupFolders } from "./leftovers.ts";
import type { ControlPlane } from "./start.ts";
import { startProcess, type RunningProcess } from "./process.ts";

export interface RealNode extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly kubelet: RunningProcess;
  readonly containerd: RunningProcess;
  /** Imports an OCI image tar; pods name it with `imagePullPolicy: Never`. */
  importImage(tarFile: string): void;
}

export interface RealNodeOptions {
  readonly name: string;
  /** An address of this machine inside the namespace; a bridge is made for it. */
  readonly address: string;
  /** Cgroup of the run, made when it is missing; all pods are below it. */
  readonly cgroup: string;
  /** OCI tar of the sandbox image. Its name must be `localhost/pause:1`. */
  readonly pauseImage: string;
}

/** Paths that kubelet, cAdvisor and CNI write to whatever they are told; covered inside the namespace. */
export const hostFolders = [
  "/run/containerd",
  "/var/lib/kubelet",
  "/var/lib/cni",
  "/var/log/containers",
  "/var/log/pods",
];
const socket = "/run/containerd/containerd.sock";

/** Starts containerd, then kubelet; resolves when both run (the node object becomes Ready some seconds later). */
export async function startNode(plane: ControlPlane, options: RealNodeOptions): Promise<RealNode> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = join(plane.folder, "node");
    const file = (name: string, content: unknown): string => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
      return path;
    };
    for (const path of cgroupFolders(options.cgroup)) ensureFolder(path);
    for (const path of hostFolders) execFileSync("mount", ["-t", "tmpfs", "tmpfs", ensureFolder(path)]);
    const containerd = await program("containerd");
    await program("containerd-shim-runc-v2");
    const ctr = await program("ctr");
    const env = { ...process.env, PATH: `${dirname(containerd)}:${process.env["PATH"]}` };
    file("cni/10-bridge.conflist", {
      cniVersion: "1.0.0",
      name: "e2e",
      plugins: [
        {
          type: "bridge",
          bridge: "kmcni0",
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: {
            type: "host-local",
            ranges: [[{ subnet: "10.244.0.0/24" }]],
            routes: [{ dst: "0.0.0.0/0" }],
            dataDir: join(folder, "cni-state"),
          },
        },
      ],
    });
    const runtime = startProcess(
      "containerd",
      containerd,
      plane.folder,
      ["--config", file("containerd.toml", containerdConfig(folder)), "--log-level", "warn"],
      env,
    );
    stack.use(runtime);
    await until("containerd answers", () => execFileSync(ctr, ["-a", socket, "version"], { stdio: "ignore" }));
    const importImage = (tarFile: string): void => {
      execFileSync(ctr, ["-a", socket, "-n", "k8s.io", "images", "import", tarFile], {
        stdio: ["ignore", "ignore", "pipe"],
      });
    };
    importImage(options.pauseImage);

    const serving = issueServer(plane.clusterAuthority, {
      commonName: `system:node:${options.name}`,
      dnsNames: [options.name],
      ipAddresses: [options.address],
    });
    const client = issueClient(plane.clusterAuthority, {
      commonName: `system:node:${options.name}`,
      organizations: ["system:nodes"],
    });
    const config = file("kubelet.json", {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      address: options.address,
      port: 10_250,
      healthzPort: 0,
      tlsCertFile: file("kubelet.crt", serving.certificatePem),
      tlsPrivateKeyFile: file("kubelet.key", serving.keyPem),
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: file("ca.crt", plane.clusterAuthority.certificatePem) },
      },
      authorization: { mode: "Webhook", webhook: { cacheAuthorizedTTL: "10s", cacheUnauthorizedTTL: "1s" } },
      containerRuntimeEndpoint: `unix://${socket}`,
      cgroupDriver: "cgroupfs",
      cgroupRoot: `/${options.cgroup}`,
      failCgroupV1: false,
      failSwapOn: false,
      makeIPTablesUtilChains: false,
      podLogsDir: join(folder, "pod-logs"),
      volumePluginDir: join(folder, "volume-plugins"),
      clusterDomain: "cluster.local",
      evictionHard: { "memory.available": "10Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      syncFrequency: "2s",
      nodeStatusUpdateFrequency: "2s",
    });
    const kubelet = startProcess(
      "kubelet",
      await program("kubelet"),
      plane.folder,
      [
        `--config=${config}`,
        `--kubeconfig=${file("kubelet.kubeconfig", plane.kubeconfigText(client))}`,
        // The tmpfs from above: paths of the kubelet's sockets must be short (107 bytes).
        "--root-dir=/var/lib/kubelet",
        `--cert-dir=${join(folder, "kubelet-pki")}`,
        `--hostname-override=${options.name}`,
        `--node-ip=${options.address}`,
      ],
      env,
    );
    stack.use(kubelet);
    const owned = stack.move();
    return {
      name: options.name,
      address: options.address,
      kubelet,
      containerd: runtime,
      importImage,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The bridge that carries the node's address: dummy, ipvlan and tun devices do not exist everywhere, a loopback node IP is refused. */
export function makeNodeAddress(address: string): void {
  const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
  ip("link", "set", "lo", "up");
  ip("link", "add", "name", "kmnode0", "type", "bridge");
  ip("addr", "add", `${address}/32`, "dev", "kmnode0");
  ip("link", "set", "kmnode0", "up");
}

/** Sends the cluster address of the API service to kube-apiserver, as kube-proxy would. */
export function routeApiService(clusterIp: string, address: string, port: number): void {
  const rule = [
    "-d",
    `${clusterIp}/32`,
    "-p",
    "tcp",
    "--dport",
    "443",
    "-j",
    "DNAT",
    "--to-destination",
    `${address}:${port}`,
  ];
  for (const chain of ["PREROUTING", "OUTPUT"]) execFileSync("iptables", ["-t", "nat", "-A", chain, ...rule]);
}

function containerdConfig(folder: string): string {
  return `version = 4
root = '${join(folder, "containerd")}'
state = '${join(folder, "containerd-state")}'
disabled_plugins = ['io.containerd.nri.v1.nri']

[plugins.'io.containerd.server.v1.grpc']
  address = '${socket}'

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = 'localhost/pause:1'

[plugins.'io.containerd.cri.v1.runtime']
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/usr/lib/cni']
    conf_dir = '${join(folder, "cni")}'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = '/usr/sbin/runc'
      SystemdCgroup = false
`;
}

function ensureFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

async function until(what: string, check: () => void, limitMs = 20_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      check();
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
