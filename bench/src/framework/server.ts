/** Serves the same two bodies: bare, or through the whole framework. Ends with its parent. */
import { createServer } from "node:https";
import { createExtensionServer, type ResourceDefinition } from "@kubemetrics/apiservice";
import { createDelegatingAuthenticator, fixedTrust, standardIdentityHeaders } from "@kubemetrics/authentication";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import { parseBundle } from "@kubemetrics/x509";
import {
  largePath,
  smallPath,
  type ServerOrder,
  type ServerQuestion,
  type ServerReady,
  type ServerState,
} from "./messages.ts";

const segmentBytes = 64 * 1024;
const small = Buffer.alloc(1024, "s");
const large = Buffer.alloc(32 * segmentBytes, "l");
/** As lists are: assembled from what is kept. */
const largeSegments = Array.from({ length: 32 }, (_, at) => large.subarray(at * segmentBytes, (at + 1) * segmentBytes));

let nowMs = Date.now();
let reviews = 0;

process.once("message", (order: ServerOrder) => {
  void (order.kind === "bare" ? serveBare(order) : serveFramework(order)).then((port) => {
    process.on("message", ({ passMs }: ServerQuestion) => {
      nowMs += passMs;
      const { user, system } = process.cpuUsage();
      tell({ cpuUs: user + system, reviews });
    });
    tell({ port });
  });
});
process.once("disconnect", () => process.exit());

function tell(message: ServerReady | ServerState): void {
  process.send?.(message);
}

/** What the framework is measured against: nobody can answer over node:https with less. */
function serveBare({ serving }: ServerOrder): Promise<number> {
  const bodies = new Map([
    [smallPath, small],
    [largePath, large],
  ]);
  const options = { cert: serving.certificatePem, key: serving.keyPem, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const body = bodies.get(request.url ?? "") ?? small;
    response.writeHead(200, { "content-type": "application/json", "content-length": String(body.length) });
    response.end(body);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

async function serveFramework({ serving, proxyCaPem }: ServerOrder): Promise<number> {
  const resource = (name: string, segments: readonly Uint8Array[]): ResourceDefinition => ({
    name: `${name}s`,
    singularName: name,
    kind: name,
    namespaced: true,
    verbs: ["list"],
    formats: ["json"],
    list: () => ({ body: () => segments }),
  });
  const server = createExtensionServer({
    groups: [
      {
        name: "bench.example.com",
        versions: [{ version: "v1", resources: [resource("small", [small]), resource("large", largeSegments)] }],
      },
    ],
    authenticator: createDelegatingAuthenticator({
      trust: fixedTrust({
        requestHeader: {
          ...standardIdentityHeaders,
          authorities: parseBundle(proxyCaPem),
          allowedNames: ["front-proxy-client"],
        },
      }),
    }),
    authorizer: delegatedAuthorizer({ accessReview: { reviewer: { review }, clock: { now: () => nowMs } } }),
    tls: serving,
    // A thousand wait for the same reviews at once.
    limits: { maxRequestsInFlight: 2_000 },
    log: { info: () => undefined, warn: () => undefined, error: (fields, message) => console.error(message, fields) },
  });
  const { port } = await server.listen(0, "127.0.0.1");
  return port;
}

/** As over the network: not at once. */
async function review({ user }: { readonly user?: string }): Promise<{ readonly allowed: boolean }> {
  reviews++;
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { allowed: user?.startsWith("user-") === true };
}
