/**
 * One real cluster for all suites of this folder: control plane, one node with kubelet and containerd, images imported.
 *
 * Runs inside the namespaces of `../run.ts`, so addresses here are nobody else's.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueClient, type KeyPair } from "@kubemetrics/x509";
import type { TestProject } from "vitest/node";
import { appImage } from "../../deploy/images/main.ts";
import { ociImage } from "../../deploy/images/oci-image.ts";
import { apiClient, type ApiObject } from "../control-plane/api-client.ts";
import { program } from "../control-plane/assets.ts";
import { makeNodeAddress, routeApiService, startNode } from "../control-plane/node.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { eventually } from "../suites/metrics-server-process.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly realNode: RealNodeAccess;
  }
}

/** How tests reach the cluster. */
export interface RealNodeAccess {
  readonly url: string;
  readonly authority: KeyPair;
  readonly admin: KeyPair;
  readonly kubeconfig: string;
  readonly node: string;
  readonly nodeAddress: string;
  readonly containerdPid: number;
  readonly kubectl: string;
  /** State folder of the control plane: logs. */
  readonly folder: string;
}

const address = "10.233.0.1";
const node = "real-1";
/** Name in `deploy/metrics-server`, in the form a container runtime completes it to. */
const metricsServerImage = "docker.io/kubemetrics/metrics-server:0.1.0";

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cgroup = process.env["KUBEMETRICS_E2E_CGROUP"];
  if (cgroup === undefined) {
    throw new Error("these suites change the network and mounts of the machine; run them with `pnpm e2e node`");
  }
  const stack = new AsyncDisposableStack();
  try {
    makeNodeAddress(address);
    const folder = mkdtempSync(join(tmpdir(), "images-"));
    const image = (name: string, content: Buffer): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const load = readFileSync(await program("load"));
    const loadImage = (name: string): Buffer =>
      ociImage({
        name,
        entries: [{ path: "load", content: load, mode: 0o755 }],
        entrypoint: ["/load"],
        architecture: process.arch === "arm64" ? "arm64" : "amd64",
      });
    const plane = stack.use(
      await startControlPlane({
        address,
        realNodes: true,
        controllerManager: true,
        scheduler: true,
        // Upstream's defaults make a scale-down take five minutes.
        controllerManagerFlags: [
          "--horizontal-pod-autoscaler-downscale-stabilization=5s",
          "--horizontal-pod-autoscaler-cpu-initialization-period=5s",
          "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
        ],
      }),
    );
    routeApiService("10.96.0.1", address, plane.port);
    const running = stack.use(
      await startNode(plane, {
        name: node,
        address,
        cgroup,
        pauseImage: image("pause.tar", loadImage("localhost/pause:1")),
      }),
    );
    running.importImage(image("load.tar", loadImage("localhost/load:1")));
    running.importImage(image("metrics-server.tar", appImage("metrics-server", metricsServerImage)));

    const admin = issueClient(plane.clusterAuthority, { commonName: "admin", organizations: ["system:masters"] });
    await using api = apiClient({ url: plane.url, authorityPem: plane.clusterAuthority.certificatePem }, admin);
    const ready = async (): Promise<true | undefined> => isReady(await api.get(`/api/v1/nodes/${node}`));
    await eventually("the node is ready", ready, 60_000, running.kubelet);
    for (const namespace of ["default", "kube-system"]) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
      await eventually("service accounts exist", () => api.get(path), 30_000);
    }
    project.provide("realNode", {
      url: plane.url,
      authority: plane.clusterAuthority,
      admin,
      kubeconfig: plane.kubeconfig("admin", ["system:masters"]),
      node,
      nodeAddress: address,
      containerdPid: running.containerd.pid,
      kubectl: await program("kubectl"),
      folder: plane.folder,
    });
    const owned = stack.move();
    return () => owned.disposeAsync();
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function isReady(object: ApiObject): true | undefined {
  const { conditions = [] } = object["status"] as { conditions?: { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === "Ready" && status === "True") ? true : undefined;
}
