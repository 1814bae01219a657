/** An extension server cannot send a user's client elsewhere: the aggregator refuses redirects. The sandbox's does the same. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { issueAuthority, issueServer } from "@kubemetrics/x509";
import { startSandbox } from "@kubemetrics/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient, type ApiClient } from "../control-plane/api-client.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { eventually } from "../suites/metrics-server-process.ts";

const group = "elsewhere.example";
const service = { namespace: "default", name: "elsewhere" };
let backend: Server;
let port: number;
const seen: string[] = [];

beforeAll(async () => {
  const authority = issueAuthority({ commonName: "backend" });
  const names = { dnsNames: ["elsewhere.default.svc"], ipAddresses: ["127.0.0.1"] };
  const { certificatePem: cert, keyPem: key } = issueServer(authority, { commonName: "backend", ...names });
  backend = createServer({ cert, key }, (request, response) => {
    seen.push(request.url ?? "");
    // The probe is answered well; whatever users ask for is elsewhere.
    if (request.url === `/apis/${group}/v1`) response.writeHead(200, { "content-type": "application/json" }).end("{}");
    else response.writeHead(302, { location: `https://127.0.0.1:${port}/stolen` }).end();
  });
  await new Promise<void>((listening) => backend.listen(0, "127.0.0.1", listening));
  ({ port } = backend.address() as AddressInfo);
});
afterAll(() => {
  backend.closeAllConnections();
  backend.close();
});

interface Registered extends AsyncDisposable {
  readonly admin: ApiClient;
}

async function real(): Promise<Registered> {
  await using stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane({ apiServerFlags: ["--enable-aggregator-routing=false"] }));
  const admin = stack.use(
    apiClient({ url: plane.url, authorityPem: plane.clusterAuthority.certificatePem }, plane.admin),
  );
  await admin.request("POST", "/api/v1/namespaces", { metadata: { name: service.namespace } });
  await admin.post(`/api/v1/namespaces/${service.namespace}/services`, {
    metadata: { name: service.name },
    spec: { type: "ExternalName", externalName: "localhost" },
  });
  await admin.post("/apis/apiregistration.k8s.io/v1/apiservices", {
    metadata: { name: `v1.${group}` },
    spec: {
      group,
      version: "v1",
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { ...service, port },
    },
  });
  const owned = stack.move();
  return { admin, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function sandbox(): Promise<Registered> {
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await startSandbox({ nodes: 1, podsPerNode: 1, aggregation: { probeMs: 500 } }));
  cluster.registerExtension({ service, port, group, versions: ["v1"], insecureSkipTLSVerify: true });
  const admin = stack.use(
    apiClient({ url: cluster.url, authorityPem: cluster.authorityPem }, cluster.clientCertificate("admin")),
  );
  const owned = stack.move();
  return { admin, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe.each([
  { name: "the real kube-apiserver", start: real },
  { name: "the sandbox", start: sandbox },
])("$name", ({ start }) => {
  it("answers 502 instead of following or passing on a redirect", async () => {
    await using cluster = await start();
    seen.length = 0;
    const answer = await eventually(
      "the group is available",
      async () => {
        const asked = await cluster.admin.request("GET", `/apis/${group}/v1/things`);
        // 404 before the aggregator has heard of the APIService, 503 before the first good probe.
        return [404, 503].includes(asked.status) ? undefined : asked;
      },
      20_000,
    );
    expect([answer.status, answer.text.trim(), answer.headers["location"]]).toEqual([
      502,
      "the backend attempted to redirect this request, which is not permitted",
      undefined,
    ]);
    expect(seen).not.toContain("/stolen");
  });
});
