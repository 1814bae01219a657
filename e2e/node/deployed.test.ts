/**
 * metrics-server as users deploy it, with real containers: the assertions of upstream's end-to-end suite, each able to fail.
 *
 * @see metrics-server `test/e2e_test.go`
 */
import { parseQuantity } from "@kubemetrics/quantity";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient, type ApiClient, type ApiObject } from "../control-plane/api-client.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import {
  access,
  apply,
  clientOf,
  componentsFile,
  deployMetricsServer,
  kubectl,
  loadContainer,
  loadPod,
  podUsage,
  type PodMetrics,
} from "./cluster.ts";

const pods = ["cpu-consumer", "memory-consumer", "init-container", "sidecar", "restartable-init"];
/** A second node, which is the same kubelet; no pod is bound to it. */
const secondName = "skipped";
let api: ApiClient;

async function addSecondName(): Promise<void> {
  const { status } = await api.get<{ status: { addresses: unknown; daemonEndpoints: unknown } }>(
    `/api/v1/nodes/${access.node}`,
  );
  await api.post("/api/v1/nodes", {
    metadata: { name: secondName, labels: { "metrics-server-skip": "true" } },
    spec: { unschedulable: true },
  });
  await api.patch(`/api/v1/nodes/${secondName}/status`, {
    status: { addresses: status.addresses, daemonEndpoints: status.daemonEndpoints },
  });
}

beforeAll(async () => {
  api = clientOf();
  await addSecondName();
  await apply(
    loadPod("cpu-consumer", { main: ["cpu", "50"] }),
    loadPod("memory-consumer", { main: ["mem", "50"] }),
    loadPod("init-container", { main: ["cpu", "20"] }, { initContainers: [loadContainer("init", ["exit", "0", "3"])] }),
    loadPod("sidecar", { main: ["cpu", "20"], side: ["cpu", "20"] }),
    loadPod(
      "restartable-init",
      { main: ["cpu", "20"] },
      { initContainers: [{ ...loadContainer("proxy", ["cpu", "20"]), restartPolicy: "Always" }] },
    ),
  );
  await deployMetricsServer();
  await kubectl("wait", "--for=condition=Ready", "pod", ...pods, "--timeout=60s");
});
afterAll(async () => {
  await api.delete(`/api/v1/nodes/${secondName}`);
  await kubectl("delete", "pod", ...pods, "--wait=false", "--ignore-not-found");
  await api[Symbol.asyncDispose]();
});

const millicores = (pod: PodMetrics, at = 0): number =>
  Number(parseQuantity(pod.containers[at]!.usage.cpu).milliValue());
const mebibytes = (pod: PodMetrics, at = 0): number =>
  parseQuantity(pod.containers[at]!.usage.memory).toNumber() / 1024 ** 2;
const names = (pod: PodMetrics): string[] => pod.containers.map(({ name }) => name).toSorted();

describe("usage of real containers", () => {
  it("is there for pods of all namespaces", async () => {
    const { items } = await api.get<{ items: PodMetrics[] }>("/apis/metrics.k8s.io/v1beta1/pods");
    expect(items.length).toBeGreaterThan(0);
  });

  it("a container that burns 50 millicores shows 50 ± 10", async () => {
    const pod = await podUsage(api, "cpu-consumer", (usage) => Math.abs(millicores(usage) - 50) <= 10);
    expect(names(pod)).toEqual(["main"]);
  });

  it("a container that holds 50 MiB shows 50 ± 5", async () => {
    const pod = await podUsage(api, "memory-consumer", (usage) => Math.abs(mebibytes(usage) - 50) <= 5);
    expect(names(pod)).toEqual(["main"]);
  });

  it.each([
    { name: "init-container", containers: ["main"], why: "a finished init container does not count" },
    { name: "sidecar", containers: ["main", "side"], why: "both containers count" },
    { name: "restartable-init", containers: ["main", "proxy"], why: "a native sidecar counts" },
  ])("$name: $why, each with CPU and memory above zero", async ({ name, containers }) => {
    const pod = await podUsage(
      api,
      name,
      (usage) => names(usage).join() === containers.join() && containers.every((_, at) => millicores(usage, at) > 0),
    );
    for (const [at] of containers.entries()) expect(mebibytes(pod, at)).toBeGreaterThan(0);
    expect(Date.parse(pod.timestamp)).toBeGreaterThan(Date.now() - 90_000);
  });

  it("is there for every node, and plausible for this machine", async () => {
    const items = await eventually(
      "usage of both names of the node",
      async () => {
        const list = await api.get<{ items: NodeMetrics[] }>("/apis/metrics.k8s.io/v1beta1/nodes");
        return list.items.length > 1 ? list.items : undefined;
      },
      60_000,
    );
    expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual([access.node, secondName].toSorted());
    const { status } = await api.get<{ status: { capacity: { cpu: string; memory: string } } }>(
      `/api/v1/nodes/${access.node}`,
    );
    for (const { usage } of items) {
      for (const resource of ["cpu", "memory"] as const) {
        const used = parseQuantity(usage[resource]);
        expect(used.sign).toBe(1);
        // A counter and its time are not read in one instant: a machine that is busy all the time may show a little more.
        expect(used.toNumber()).toBeLessThanOrEqual(parseQuantity(status.capacity[resource]).toNumber() * 1.1);
      }
    }
  });

  it("kubectl top shows what the server serves", async () => {
    const burner = await eventually(
      "kubectl top shows 50 ± 10 millicores",
      async () => {
        const lines = (await kubectl("top", "pods", "-n", "default", "--containers", "--no-headers"))
          .trim()
          .split("\n");
        const cells = lines.map((line) => line.trim().split(/\s+/)).find(([pod]) => pod === "cpu-consumer");
        if (Math.abs(Number.parseInt(cells?.[2] ?? "", 10) - 50) <= 10) return cells;
        throw new Error(lines.join("\n"));
      },
      30_000,
    );
    expect(burner.slice(0, 2)).toEqual(["cpu-consumer", "main"]);
  });
});

describe("the deployed server", () => {
  const ownPod = async (): Promise<ApiObject & { status: { podIP: string }; spec: PodSpec }> => {
    const { items } = await api.get<{ items: (ApiObject & { status: { podIP: string }; spec: PodSpec })[] }>(
      "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dmetrics-server",
    );
    expect(items).toHaveLength(1);
    return items[0]!;
  };
  /** As an operator looks: through kube-apiserver's pod proxy, without credentials for the server itself. */
  const page = async (path: string): Promise<string> => {
    const { metadata } = await ownPod();
    const proxied = `/api/v1/namespaces/kube-system/pods/https:${metadata.name}:10250/proxy${path}`;
    return (await api.request("GET", proxied)).text;
  };

  it.each([
    {
      path: "/readyz",
      checks: ["ping", "metric-storage-ready", "metric-informer-sync", "metadata-informer-sync", "shutdown"],
    },
    { path: "/livez", checks: ["ping", "metric-collection-timely"] },
  ])("$path?verbose lists upstream's checks, all good", async ({ path, checks }) => {
    const lines = (await page(`${path}?verbose`)).trim().split("\n");
    expect(lines.at(-1)).toBe(`${path.slice(1)} check passed`);
    expect(lines.filter((line) => !line.startsWith("[+]"))).toEqual([`${path.slice(1)} check passed`]);
    expect(lines).toEqual(expect.arrayContaining(checks.map((name) => `[+]${name} ok`)));
  });

  it("/metrics has exactly upstream's metrics_server_ families", async () => {
    const { status } = await ownPod();
    await using direct = apiClient({ url: `https://${status.podIP}:10250` }, access.admin);
    const answer = await direct.request("GET", "/metrics");
    expect(answer.status).toBe(200);
    const families = answer.text.split("\n").flatMap((line) => /^# TYPE (metrics_server_\S+)/.exec(line)?.[1] ?? []);
    expect(families.toSorted()).toEqual([
      "metrics_server_api_metric_freshness_seconds",
      "metrics_server_kubelet_last_request_time_seconds",
      "metrics_server_kubelet_request_duration_seconds",
      "metrics_server_kubelet_request_total",
      "metrics_server_manager_tick_duration_seconds",
      "metrics_server_storage_points",
    ]);
  });

  it("runs hardened, as its own account, with nowhere to write", async () => {
    const { spec, metadata } = await ownPod();
    expect(spec.serviceAccountName).toBe("metrics-server");
    expect(spec.containers[0]?.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(spec.volumes?.map((volume) => Object.keys(volume).filter((key) => key !== "name"))).toEqual([["projected"]]);
    const log = await kubectl("-n", "kube-system", "logs", metadata.name);
    expect(log).toMatch(/ ready /);
    expect(log).not.toMatch(/^[EF] /m);
  });

  it("is verified by kube-apiserver: its authority is in both caBundles, and nothing skips verification", async () => {
    for (const version of ["v1", "v1beta1"]) {
      const { spec, status } = await api.get<{
        spec: { caBundle?: string; insecureSkipTLSVerify?: boolean };
        status: { conditions: { type: string; status: string; message: string }[] };
      }>(`/apis/apiregistration.k8s.io/v1/apiservices/${version}.metrics.k8s.io`);
      expect(Buffer.from(spec.caBundle ?? "", "base64").toString()).toContain("BEGIN CERTIFICATE");
      expect(spec.insecureSkipTLSVerify).toBeUndefined();
      expect(status.conditions.find(({ type }) => type === "Available")).toMatchObject({
        status: "True",
        message: "all checks passed",
      });
    }
  });

  it("is believed again at once when an APIService was deleted and the manifest is applied again", async () => {
    const apiService = "apiservice/v1beta1.metrics.k8s.io";
    await kubectl("delete", apiService);
    await kubectl("apply", "-f", componentsFile);
    await kubectl("wait", "--for=condition=Available", apiService, "--timeout=30s");
    const log = await kubectl("-n", "kube-system", "logs", "deployment/metrics-server");
    expect(log).toContain("a client does not accept this server's certificate");
  });

  it("may do what its manifest says and nothing else", async () => {
    const rules = async (account: string): Promise<string[]> => {
      const listed = await kubectl("auth", "can-i", "--list", `--as=system:serviceaccount:kube-system:${account}`);
      return listed
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s{2,}/))
        .map((cells) => `${cells[0]} ${cells.at(-1)}`);
    };
    // What any other account may do: review itself, read discovery.
    const everyones = new Set(await rules("default"));
    const granted = (await rules("metrics-server")).filter((rule) => !everyones.has(rule)).toSorted();
    expect(granted).toEqual([
      // Two, each by its name.
      "apiservices.apiregistration.k8s.io [get patch]",
      "apiservices.apiregistration.k8s.io [get patch]",
      "nodes [get list watch]",
      "nodes/metrics [get]",
      "pods [get list watch]",
      "subjectaccessreviews.authorization.k8s.io [create]",
      "tokenreviews.authentication.k8s.io [create]",
    ]);
  });

  it("a rolling update to other flags answers every request, and a node that is not selected goes", async () => {
    const skipped = `/apis/metrics.k8s.io/v1beta1/nodes/${secondName}`;
    // Served until the selector leaves it out.
    expect((await api.request("GET", skipped)).status).toBe(200);

    const failures: string[] = [];
    let asked = 0;
    let rolling = true;
    const asking = (async () => {
      while (rolling) {
        const answer = await api.request("GET", `/apis/metrics.k8s.io/v1beta1/nodes/${access.node}`);
        asked++;
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const patch = [
      {
        op: "add",
        path: "/spec/template/spec/containers/0/args/-",
        value: "--node-selector=metrics-server-skip!=true",
      },
    ];
    try {
      await kubectl(
        "-n",
        "kube-system",
        "patch",
        "deployment/metrics-server",
        "--type=json",
        "-p",
        JSON.stringify(patch),
      );
      await kubectl("-n", "kube-system", "rollout", "status", "deployment/metrics-server", "--timeout=90s");
      await eventually(
        "the second node is not found",
        async () => (await api.request("GET", skipped)).status === 404 || undefined,
        30_000,
      );
    } finally {
      rolling = false;
      await asking;
    }
    expect(asked).toBeGreaterThan(20);
    expect(failures).toEqual([]);
  });
});

interface NodeMetrics {
  readonly metadata: { readonly name: string };
  readonly usage: PodMetrics["containers"][0]["usage"];
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly { readonly securityContext: unknown }[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}
