/** The sandbox answers as the real kube-apiserver does; where it does not, there is a reason. */
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient, type Credentials } from "../control-plane/api-client.ts";
import { apiRequests, credentialsOf, normalized, type ApiRequest, type KnownNames } from "../suites/api-requests.ts";
import { ofOlderKubernetes, type Difference } from "../suites/older-kubernetes.ts";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";
import { startSandboxCluster, type SandboxCluster } from "../suites/sandbox-cluster.ts";

/** A difference that is meant: where it shows, and why it is one. Every rule must explain something. */
const meant: readonly Difference[] = [
  ...ofOlderKubernetes,
  {
    requests: /nodes?$|pods/,
    at: /\.(spec\.(taints|containers\.\*\.(resources|terminationMessage\w+|imagePullPolicy))|metadata\.generation)$/,
    why: "defaults and admission for machines that do not exist: nothing schedules or configures the sandbox's pods",
  },
  {
    requests: /pods/,
    at: /\.spec\.(serviceAccount|securityContext|tolerations|priority|enableServiceLinks|preemptionPolicy)$/,
    why: "the same, for the pod itself",
  },
  {
    requests: /pods/,
    at: /\.status\.(conditions\.\*\.lastProbeTime|containerStatuses\.\*\.lastState)$/,
    why: "empty values that Go's encoder writes and no client reads",
  },
  {
    requests: /nodes?$/,
    at: /\.status\.nodeInfo\.(machineID|systemUUID|bootID|kubeProxyVersion)$/,
    why: "empty values that Go's encoder writes and no client reads",
  },
  {
    requests: /nodes?$/,
    at: /\.status\.(capacity|allocatable)\.memory$/,
    why: "the same quantity: a kubelet sends it in its canonical form, the sandbox keeps the form it was written in",
  },
  { requests: /nodes?$/, at: /kubeletEndpoint\.Port$/, why: "two clusters, two sets of kubelets" },
  { requests: /^nodes as a table$/, at: /columnDefinitions\.\*\.description$/, why: "kubectl prints no descriptions" },
  { requests: /^nodes as a table$/, at: /rows\.\*\.cells\.\*$/, why: "ages; the kernel column is new in 1.37" },
  {
    requests: /^a form that is not offered$|^patch in a form that is not known$/,
    at: /^body\.(message|details)$/,
    why: "the router's text before the handler's, and the list of what is offered: the sandbox speaks JSON only",
  },
  {
    requests: /^an access review of a resource and a path$/,
    at: /^body\.(message|details\.causes\.\*\.message)$/,
    why: "upstream prints the Go struct it found",
  },
  { requests: /^a continue token that is/, at: /^body\.message$/, why: "tokens are each server's own affair" },
  { requests: /^create what is no JSON$/, at: /^body\.message$/, why: "the text of Go's JSON decoder" },
  {
    requests: /^service: (an unknown directive|a port without its key|an order that does not fit)/,
    at: /^(status|body\.(code|reason|details|message))$/,
    why: "upstream answers 500 to patches that do not fit, as if they were its own fault; here it is 422",
  },
  {
    requests: /^metrics with an encoded slash$/,
    at: /usage\.\w+$|\.window$/,
    why: "usage of another moment",
  },
];

interface Answer {
  readonly status: number;
  readonly type: unknown;
  readonly body: unknown;
}

let real: RealCluster;
let sandbox: SandboxCluster;
beforeAll(async () => {
  [real, sandbox] = await Promise.all([startRealCluster(), startSandboxCluster({ nodes: 3, podsPerNode: 8 })]);
});
afterAll(async () => {
  await Promise.all([real?.[Symbol.asyncDispose](), sandbox?.[Symbol.asyncDispose]()]);
});

/** The same seed gives the same names; known before anything runs. */
const names: KnownNames = {
  node: "node-001",
  pod: "cache-hbqt69zwf-h248s",
  namespace: "data",
  selector: "app=cache",
};

async function answers(request: ApiRequest): Promise<{ real: Answer; sandbox: Answer }> {
  const ask = async (
    url: string,
    authorityPem: string,
    users: { admin: Credentials; nobody: Credentials },
  ): Promise<Answer> => {
    await using client = apiClient({ url, authorityPem }, credentialsOf(request.who, users));
    const { method = "GET", path, body, headers } = request;
    const answer = await client.request(method, path, body, headers);
    return { status: answer.status, type: answer.headers["content-type"], body: normalized(answer.text) };
  };
  const { plane } = real;
  const cluster = sandbox.sandbox;
  const [fromReal, fromSandbox] = await Promise.all([
    ask(plane.url, plane.clusterAuthority.certificatePem, {
      admin: real.user("admin", ["system:masters"]),
      nobody: real.user("nobody"),
    }),
    ask(cluster.url, cluster.authorityPem, {
      admin: cluster.clientCertificate("admin"),
      nobody: cluster.clientCertificate("nobody"),
    }),
  ]);
  return { real: fromReal, sandbox: fromSandbox };
}

/** Paths where two answers differ, with both values; indices become `*`, so that each kind of difference counts once. */
function differences(
  left: unknown,
  right: unknown,
  path: string,
  found = new Map<string, string>(),
): Map<string, string> {
  if (isDeepStrictEqual(left, right)) return found;
  const areObjects = typeof left === "object" && typeof right === "object" && left !== null && right !== null;
  if (!areObjects || Array.isArray(left) !== Array.isArray(right)) {
    const key = path.replaceAll(/\.\d+(?=\.|$)/g, ".*").slice(1);
    const text = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 300);
    return found.has(key) ? found : found.set(key, `real ${text(left)}, sandbox ${text(right)}`);
  }
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    differences(a[key], b[key], `${path}.${key}`, found);
  return found;
}

const used = new Set<number>();

describe("the sandbox answers as kube-apiserver", () => {
  it("both have the objects that the requests name", () => {
    for (const { nodes, sample } of [real, sandbox]) {
      expect(nodes).toContain(names.node);
      expect(sample).toMatchObject({ namespace: names.namespace, selector: names.selector });
      expect(sample.pods).toContain(names.pod);
    }
  });

  it.each(apiRequests(names))("$name", async (request) => {
    const { real: fromReal, sandbox: fromSandbox } = await answers(request);
    const unexplained = [...differences(fromReal, fromSandbox, "")].filter(([path]) => {
      const rule = meant.findIndex(({ requests, at }) => requests.test(request.name) && at.test(path));
      used.add(rule);
      return rule < 0;
    });
    expect(Object.fromEntries(unexplained)).toEqual({});
  });

  it("every reason for a difference is still needed", () => {
    expect(meant.filter((_, index) => !used.has(index)).map(({ why }) => why)).toEqual([]);
  });
});
