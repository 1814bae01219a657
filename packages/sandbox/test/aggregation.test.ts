import { issueAuthority, issueServer } from "@kubemetrics/x509";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "@kubemetrics/sandbox";
import { json, startExtensionServer, type ExtensionServer, type Seen } from "./extension-server.ts";
import { clientOf, eventually, take, type Client, type Condition } from "./http-client.ts";

const service = { namespace: "kube-system", name: "metrics-server" };
const group = "metrics.k8s.io";
const discoveryV2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const aggregator = { probeMs: 20, discoveryMs: 20, openApiMs: 20 };

let cluster: Sandbox;
let admin: Client;
let viewer: Client;
beforeAll(async () => {
  cluster = await startSandbox({ nodes: 0, aggregation: aggregator });
  admin = clientOf(cluster.kubeconfig("admin"));
  viewer = clientOf(cluster.kubeconfig("viewer"));
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await viewer[Symbol.asyncDispose]();
  await cluster.close();
});
beforeEach(() => cluster.unregisterExtension({ service, group, versions: ["v1", "v1beta1"] }));

const conditionOf = async (name = `v1.${group}`) =>
  (await admin(`/apis/apiregistration.k8s.io/v1/apiservices/${name}`)).json().status?.conditions?.[0];
const becomes = (reason: string, name?: string) =>
  eventually(
    () => conditionOf(name),
    (condition) => condition?.reason === reason,
  );
interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** The aggregated discovery document. */
interface Aggregated {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly freshness: string;
      readonly resources: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: string;
        readonly singularResource: string;
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

interface OpenApi {
  readonly paths: {
    readonly [path: string]: {
      readonly serverRelativeURL: string;
      readonly patch: {
        readonly "x-kubernetes-group-version-kind": object;
        readonly parameters: readonly { readonly name: string }[];
      };
    };
  };
  readonly definitions: object;
}

const isUsers = ({ headers }: Seen) => headers["x-remote-user"]?.[0] === "viewer";

async function running(versions = ["v1"]): Promise<ExtensionServer> {
  const server = await startExtensionServer(cluster.serviceCertificate(service));
  cluster.registerExtension({ service, port: server.port, group, versions });
  for (const version of versions) await becomes("Passed", `${version}.${group}`);
  return server;
}

describe("availability", () => {
  it("is true once the probe is answered, with the words conformance tests look for", async () => {
    await using server = await running();
    expect(await conditionOf()).toMatchObject({ type: "Available", status: "True", message: "all checks passed" });
    const probe = server.seen.find((seen) => seen.url === `/apis/${group}/v1`)!;
    expect(probe.peer).toBe("front-proxy-client");
    expect(probe.headers["x-remote-user"]).toEqual(["system:kube-aggregator"]);
    expect(probe.headers["x-remote-group"]).toEqual(["system:masters"]);
    expect(probe.headers["accept"]).toBeUndefined();
  });

  it("goes and comes with the server", async () => {
    await using server = await running();
    await server.close();
    await becomes("FailedDiscoveryCheck");
    const url = `https://127.0.0.1:${server.port}/apis/${group}/v1`;
    // A probe that was under way when the server closed sees EOF first.
    await expect
      .poll(async () => (await conditionOf())?.message, { timeout: 4_000 })
      .toBe(
        `failing or missing response from ${url}: Get "${url}": dial tcp 127.0.0.1:${server.port}: connect: connection refused`,
      );
    expect((await viewer(`/apis/${group}/v1/nodes`)).text).toBe("service unavailable\n");
    await using _ = await startExtensionServer(cluster.serviceCertificate(service), server.port);
    await becomes("Passed");
  });

  it("is false for every answer that is no success", async () => {
    await using server = await running();
    server.on(`/apis/${group}/v1`, (_, response) => response.writeHead(401).end());
    const condition = await becomes("FailedDiscoveryCheck");
    const url = `https://127.0.0.1:${server.port}/apis/${group}/v1`;
    expect(condition).toMatchObject({
      status: "False",
      message: `failing or missing response from ${url}: bad status from ${url}: 401`,
    });
  });

  it.each([
    [
      "an authority that is not in the bundle",
      () => issueAuthority({ commonName: "other" }),
      `${service.name}.kube-system.svc`,
      "x509: certificate signed by unknown authority",
    ],
    [
      "another name",
      undefined,
      "other.kube-system.svc",
      "x509: certificate is valid for other.kube-system.svc, not metrics-server.kube-system.svc",
    ],
  ])("is false for a certificate of %s", async (_, authority, name, text) => {
    const signer = authority?.() ?? issueAuthority({ commonName: "service-ca" });
    const trusted = authority === undefined ? signer.certificatePem : cluster.authorityPem;
    await using server = await startExtensionServer(
      issueServer(signer, { commonName: "metrics-server.kube-system.svc", dnsNames: [name], ipAddresses: [] }),
    );
    cluster.registerExtension({ service, port: server.port, group, versions: ["v1"], caBundle: trusted });
    const isThat = (condition: Condition | undefined) =>
      condition?.message.includes(`tls: failed to verify certificate: ${text}`) === true;
    expect((await eventually(() => conditionOf(), isThat))?.status).toBe("False");
    cluster.registerExtension({ service, port: server.port, group, versions: ["v1"], insecureSkipTLSVerify: true });
    await becomes("Passed");
  });

  it("names what is missing before it asks the server", async () => {
    await using server = await startExtensionServer(cluster.serviceCertificate(service));
    const services = `/api/v1/namespaces/${service.namespace}/services`;
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${service.namespace}/endpointslices`;
    cluster.registerExtension({ service, port: server.port, group, versions: ["v1"] });
    await becomes("Passed");
    const merge = { "content-type": "application/merge-patch+json" };
    const patch = (path: string, body: object) => admin(path, { method: "PATCH", headers: merge, body });

    await patch(`${slices}/${service.name}`, {
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: false } }],
    });
    expect((await becomes("MissingEndpoints"))!.message).toBe(
      'endpointslices for service/metrics-server in "kube-system" have no addresses with port name "https"',
    );
    await admin(`${slices}/${service.name}`, { method: "DELETE" });
    expect((await becomes("EndpointsNotFound"))!.message).toBe(
      'cannot find endpointslices for service/metrics-server in "kube-system"',
    );
    await patch(`${services}/${service.name}`, { spec: { ports: [{ name: "https", port: 444 }] } });
    expect((await becomes("ServicePortError"))!.message).toBe(
      'service/metrics-server in "kube-system" is not listening on port 443',
    );
    await admin(`${services}/${service.name}`, { method: "DELETE" });
    expect((await becomes("ServiceNotFound"))!.message).toBe('service/metrics-server in "kube-system" is not present');
  });

  it("is always true for what the API server answers itself", async () => {
    expect(await conditionOf("v1.rbac.authorization.k8s.io")).toMatchObject({
      status: "True",
      reason: "Local",
      message: "Local APIServices are always available",
    });
  });
});

describe("the proxy", () => {
  it("shows its own certificate and says who asks", async () => {
    await using server = await running();
    await viewer(`/apis/${group}/v1/nodes`, {
      headers: { accept: "application/json", "x-remote-user": "root", cookie: "a=b" },
    });
    const seen = server.seen.find(isUsers)!;
    expect(seen.peer).toBe("front-proxy-client");
    expect(seen.headers).toMatchObject({
      "x-remote-user": ["viewer"],
      "x-remote-group": ["system:authenticated"],
      "x-remote-extra-authentication.kubernetes.io%2fcredential-id": [
        expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/),
      ],
      "x-forwarded-for": ["127.0.0.1"],
      "x-forwarded-host": [`127.0.0.1:${server.port}`],
      "x-forwarded-proto": ["https"],
      "x-forwarded-uri": [`/apis/${group}/v1/nodes`],
      "audit-id": [expect.stringMatching(/^[0-9a-f-]{36}$/)],
      host: [`127.0.0.1:${server.port}`],
      accept: ["application/json"],
      cookie: ["a=b"],
    });
    expect(seen.headers["authorization"]).toBeUndefined();
  });

  it("does not pass a token on, and sends each group in a header of its own", async () => {
    await using server = await running();
    const account = cluster.metricsServerAccount();
    cluster.create({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "reads-metrics" },
      roleRef: { kind: "ClusterRole", name: "system:aggregated-metrics-reader" },
      subjects: [{ kind: "ServiceAccount", namespace: account.namespace, name: account.name }],
    });
    await using client = clientOf(account.kubeconfig);
    expect((await client(`/apis/${group}/v1/nodes`)).status).toBe(200);
    const { headers } = server.seen.find((seen) => seen.url.endsWith("/nodes"))!;
    expect(headers["x-remote-group"]).toEqual([
      "system:serviceaccounts",
      "system:serviceaccounts:kube-system",
      "system:authenticated",
    ]);
    expect(headers["x-remote-uid"]).toHaveLength(1);
    expect(headers["authorization"]).toBeUndefined();
  });

  it.each([
    ["/pods?b=2&a=1&b=1&c=x+y", "/pods?a=1&b=2&b=1&c=x+y"],
    ["/namespaces/default/pods/*/http%2Frequests", "/namespaces/default/pods/%2A/http/requests"],
    ["/pods?labelSelector=app%20in%20(a,b)", "/pods?labelSelector=app+in+%28a%2Cb%29"],
    ["/a%20b/", "/a%20b/"],
  ])("writes the path and query of %s anew", async (sent, received) => {
    await using server = await running();
    const prefix = `/apis/${group}/v1`;
    await viewer(prefix + sent);
    expect(server.seen.filter(isUsers).map((seen) => seen.url)).toEqual([prefix + received]);
  });

  it("passes bodies both ways, and every status", async () => {
    await using server = await running();
    server.on(`/apis/${group}/v1/things`, (_, response) => {
      response.writeHead(422, { "content-type": "text/x", "access-control-allow-origin": "*", "x-own": "1" });
      response.end("no");
    });
    const answer = await admin(`/apis/${group}/v1/things`, { method: "POST", body: { a: 1 } });
    expect([answer.status, answer.text, answer.headers["content-type"], answer.headers["x-own"]]).toEqual([
      422,
      "no",
      "text/x",
      "1",
    ]);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(server.seen.find((seen) => seen.method === "POST")?.body).toBe('{"a":1}');
  });

  it("authorizes before it asks the server", async () => {
    await using server = await running();
    await using nobody = clientOf(cluster.kubeconfig("nobody"));
    const answer = await nobody(`/apis/${group}/v1/namespaces/shop/pods/x`);
    expect(answer.json().message).toBe(
      'pods.metrics.k8s.io "x" is forbidden: User "nobody" cannot get resource "pods" in API group "metrics.k8s.io" in the namespace "shop"',
    );
    expect(server.seen.some((seen) => seen.url.includes("/namespaces/"))).toBe(false);
  });

  it("does not let a server redirect its callers", async () => {
    await using server = await running();
    server.on(`/apis/${group}/v1/nodes`, (_, response) =>
      response.writeHead(302, { location: "https://elsewhere/" }).end(),
    );
    const answer = await viewer(`/apis/${group}/v1/nodes`);
    expect(answer.status).toBe(502);
    expect(answer.text).toBe("the backend attempted to redirect this request, which is not permitted");
    expect(answer.headers["location"]).toBeUndefined();
  });

  it("says so when the connection breaks, before an answer and inside one", async () => {
    await using server = await running();
    server.on(`/apis/${group}/v1/nodes`, (request) => request.socket.destroy());
    const broken = await viewer(`/apis/${group}/v1/nodes`);
    expect([broken.status, broken.text]).toEqual([503, "error trying to reach service: EOF\n"]);
    server.on(`/apis/${group}/v1/pods`, (request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => request.socket.destroy());
    });
    await expect(viewer(`/apis/${group}/v1/pods`)).rejects.toThrow(/terminated|closed|aborted/);
  });

  it("lets a watch flow, and ends it at the server when its client leaves", async () => {
    await using server = await running();
    const left = Promise.withResolvers<void>();
    server.on(`/apis/${group}/v1/pods`, (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"type":"ADDED"}\n');
      response.on("close", () => left.resolve());
    });
    const events = viewer.watch(`/apis/${group}/v1/pods?watch=1`);
    expect(await take(events, 1)).toEqual([{ type: "ADDED" }]);
    await events.return(undefined);
    await left.promise;
  });
});

describe("discovery", () => {
  const resource = { name: "nodes", singularName: "", namespaced: false, kind: "NodeMetrics", verbs: ["get", "list"] };
  const aggregated = (version: string, name: string) => ({
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    items: [
      {
        metadata: { name: group },
        versions: [{ version, resources: [{ resource: name, scope: "Cluster", verbs: ["list"] }] }],
      },
    ],
  });
  const discovered = async (version: string) => {
    const document = (
      await viewer("/apis", { headers: { accept: `${discoveryV2},application/json` } })
    ).json<Aggregated>();
    const found = document.items.find((item) => item.metadata.name === group);
    return found?.versions.find((entry) => entry.version === version);
  };

  it("lists groups by priority, and the newest version of a group first", async () => {
    await using _ = await running(["v1beta1", "v1"]);
    const groups = (await viewer("/apis")).json<{ groups: readonly { name: string }[] }>().groups;
    expect(groups[0]!.name).toBe("apiregistration.k8s.io");
    expect(groups.at(-1)).toEqual({
      name: group,
      versions: [
        { groupVersion: `${group}/v1`, version: "v1" },
        { groupVersion: `${group}/v1beta1`, version: "v1beta1" },
      ],
      preferredVersion: { groupVersion: `${group}/v1`, version: "v1" },
    });
    expect((await viewer(`/apis/${group}`)).json()).toMatchObject({ kind: "APIGroup", apiVersion: "v1", name: group });
  });

  it("takes the aggregated document of a server, asked for as an administrator, once for all its versions", async () => {
    await using server = await startExtensionServer(cluster.serviceCertificate(service));
    const etags: (string | undefined)[] = [];
    server.on("/apis", (request, response) => {
      const etag = request.headers["if-none-match"];
      etags.push(etag);
      if (etag === '"1"') return void response.writeHead(304).end();
      response.writeHead(200, { "content-type": discoveryV2, etag: '"1"' });
      response.end(JSON.stringify(aggregated("v1", "nodes")));
    });
    cluster.registerExtension({ service, port: server.port, group, versions: ["v1", "v1beta1"] });
    const entry = await eventually(
      () => discovered("v1"),
      (found) => (found?.resources.length ?? 0) > 0,
    );
    expect(entry!.resources).toEqual([{ resource: "nodes", scope: "Cluster", verbs: ["list"] }]);
    const other = await eventually(
      () => discovered("v1beta1"),
      (found) => found?.freshness === "Current",
    );
    expect(other!.resources).toEqual([]);
    await eventually(
      () => etags.length,
      (count) => count > 3,
    );
    expect(etags.filter((etag) => etag === undefined).length).toBeLessThan(etags.length);
    const asked = server.seen.find((seen) => seen.url === "/apis")!;
    expect(asked.headers).toMatchObject({
      accept: [discoveryV2],
      "x-remote-user": ["system:kube-aggregator"],
      "x-remote-group": ["system:masters"],
    });
  });

  it("falls back to the document of each version, asked for as nobody in particular", async () => {
    await using server = await startExtensionServer(cluster.serviceCertificate(service));
    server.on("/apis", json({ kind: "APIGroupList", groups: [] }));
    server.on(
      `/apis/${group}/v1`,
      json({ kind: "APIResourceList", groupVersion: `${group}/v1`, resources: [resource] }),
    );
    cluster.registerExtension({ service, port: server.port, group, versions: ["v1"] });
    const entry = await eventually(
      () => discovered("v1"),
      (found) => found?.resources[0]?.singularResource === "",
    );
    expect(entry!.resources).toEqual([
      {
        resource: "nodes",
        responseKind: { group, version: "v1", kind: "NodeMetrics" },
        scope: "Cluster",
        singularResource: "",
        verbs: ["get", "list"],
      },
    ]);
    const asked = server.seen.filter(
      (seen) => seen.url === `/apis/${group}/v1` && seen.headers["accept"]?.[0] === "application/json",
    );
    expect(asked[0]?.headers["x-remote-user"]).toEqual(["system:kube-aggregator"]);
    expect(asked[0]?.headers["x-remote-group"]).toBeUndefined();
  });

  it("keeps what it knew of a server that is gone, and calls it stale", async () => {
    await using server = await startExtensionServer(cluster.serviceCertificate(service));
    server.on("/apis", json(aggregated("v1", "nodes"), { "content-type": discoveryV2 }));
    cluster.registerExtension({ service, port: server.port, group, versions: ["v1"] });
    await eventually(
      () => discovered("v1"),
      (found) => (found?.resources.length ?? 0) > 0,
    );
    await server.close();
    const entry = await eventually(
      () => discovered("v1"),
      (found) => found?.freshness === "Stale",
    );
    expect(entry!.resources).toHaveLength(1);
  });

  it("gives its documents an ETag and answers 304 to who has it", async () => {
    const first = await viewer("/api", { headers: { accept: discoveryV2 } });
    expect(first.headers["content-type"]).toBe(discoveryV2);
    const etag = String(first.headers["etag"]);
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
    const again = await viewer("/api", { headers: { accept: discoveryV2, "if-none-match": etag } });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it("describes its own resources in both forms alike", async () => {
    const old = (await viewer("/api/v1"))
      .json<{ resources: readonly Entry[] }>()
      .resources.filter((entry) => !entry.name.includes("/"));
    const document = (await viewer("/api", { headers: { accept: discoveryV2 } })).json<Aggregated>();
    const fresh = document.items[0]!.versions[0]!.resources;
    expect(
      fresh.map((entry) => [entry.resource, entry.responseKind.kind, entry.scope === "Namespaced", entry.verbs]),
    ).toEqual(old.map((entry) => [entry.name, entry.kind, entry.namespaced, entry.verbs]));
  });
});

describe("OpenAPI", () => {
  it("merges v2 documents and passes v3 documents on", async () => {
    await using server = await startExtensionServer(cluster.serviceCertificate(service));
    const path = `/apis/${group}/v1/nodes`;
    server.on(
      "/openapi/v2",
      json({ paths: { [path]: {}, "/version": {} }, definitions: { "io.k8s.metrics.NodeMetrics": {} } }),
    );
    const serverRelativeURL = `/openapi/v3/apis/${group}/v1?hash=1`;
    server.on("/openapi/v3", json({ paths: { [`apis/${group}/v1`]: { serverRelativeURL } } }));
    server.on(`/openapi/v3/apis/${group}/v1`, json({ openapi: "3.0.0" }));
    cluster.registerExtension({ service, port: server.port, group, versions: ["v1"] });
    const index = await eventually(
      async () => (await viewer("/openapi/v3")).json<OpenApi>().paths,
      (paths) => `apis/${group}/v1` in paths,
    );
    expect(index[`apis/${group}/v1`]).toEqual({ serverRelativeURL });
    expect(index["api/v1"]!.serverRelativeURL).toMatch(/^\/openapi\/v3\/api\/v1\?hash=/);
    expect((await viewer(serverRelativeURL)).json()).toEqual({ openapi: "3.0.0" });
    const merged = await eventually(
      async () => (await viewer("/openapi/v2")).json<OpenApi>(),
      (document) => path in document.paths,
    );
    expect(Object.keys(merged.definitions)).toContain("io.k8s.metrics.NodeMetrics");
    expect(merged.paths["/version"]).toBeUndefined();
    const asked = server.seen.find((seen) => seen.url === "/openapi/v2")!;
    expect([asked.headers["x-remote-user"], asked.headers["x-remote-group"]]).toEqual([
      ["system:aggregator"],
      undefined,
    ]);
    cluster.unregisterExtension({ service, group, versions: ["v1"] });
    await eventually(
      async () => (await viewer("/openapi/v3")).json<OpenApi>().paths,
      (paths) => !(`apis/${group}/v1` in paths),
    );
  });

  it("tells kubectl that the server checks fields itself", async () => {
    const document = (await viewer("/openapi/v3/api/v1")).json<OpenApi>();
    const { patch } = document.paths["/api/v1/namespaces/{namespace}/pods/{name}"]!;
    expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "", version: "v1", kind: "Pod" });
    expect(patch.parameters.map((parameter) => parameter.name)).toContain("fieldValidation");
  });
});
