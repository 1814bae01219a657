/** A server with the outside of metrics-server and nothing inside, for the framework's own recorded answers. */
import { StatusError } from "@kubemetrics/apimachinery";
import type {
  HealthCheck,
  HealthEndpoint,
  ResourceAnswer,
  ResourceDefinition,
  ResourceRequest,
} from "@kubemetrics/apiservice";
import { startServer, type TestServer } from "./test-server.ts";

const everywhere: readonly HealthEndpoint[] = ["healthz", "livez", "readyz"];

function check(name: string, endpoints: readonly HealthEndpoint[], failure?: string): HealthCheck {
  return { name, endpoints, check: () => failure };
}

function emptyList(kind: string): ResourceAnswer {
  const list = { kind: `${kind}List`, apiVersion: "metrics.k8s.io/v1beta1", metadata: {}, items: [] };
  return {
    body: () => [Buffer.from(`${JSON.stringify(list)}\n`)],
    table: () => ({ columns: [], rows: [], metadata: {} }),
    partialMetadata: () => ({ kind: "list", metadata: {}, items: [] }),
  };
}

function resource(name: string, kind: string, namespaced: boolean, panics: boolean): ResourceDefinition {
  const answer = (): ResourceAnswer => {
    if (panics) throw new Error("secret detail");
    return emptyList(kind);
  };
  const get = ({ name: wanted }: ResourceRequest): ResourceAnswer => {
    if (panics) throw new Error("secret detail");
    if (wanted === "node-a")
      return { body: () => [], partialMetadata: () => ({ kind: "object", metadata: { name: wanted } }) };
    throw new StatusError({ status: "Failure", message: "nothing here", reason: "NotFound", code: 404 });
  };
  return {
    name,
    singularName: "",
    kind,
    namespaced,
    verbs: ["get", "list"],
    honoursSelectors: true,
    list: answer,
    get,
  };
}

export function startTranscriptServer(fixture: string): Promise<TestServer> {
  const panics = fixture === "panic";
  const resources = [resource("nodes", "NodeMetrics", false, panics), resource("pods", "PodMetrics", true, panics)];
  const info = "v0.0.0";
  return startServer({
    groups: [{ name: "metrics.k8s.io", versions: [{ version: "v1beta1", resources }] }],
    serverAddress: ":10250",
    discoveryVersions: ["v2"],
    openApi: { title: "Kubernetes metrics-server", version: info },
    metrics: () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", body: "# EOF\n" }),
    version: {
      major: "0",
      minor: "9",
      gitVersion: info,
      gitCommit: "",
      gitTreeState: "",
      buildDate: "",
      goVersion: "",
      compiler: "",
      platform: "",
    },
    health: [
      check("poststarthook/max-in-flight-filter", everywhere),
      check("poststarthook/storage-object-count-tracker-hook", everywhere),
      check("metric-collection-timely", ["livez"]),
      check("metric-storage-ready", ["readyz"], fixture === "empty" ? "no metrics to serve" : undefined),
      check("metric-informer-sync", ["readyz"]),
      check("metadata-informer-sync", everywhere),
    ],
  });
}
