/**
 * The process that is attacked: the framework with the real authenticator and authorizer, and the real clients for reviews. Run with
 * `--expose-gc`; ends with its parent.
 */
import { createExtensionServer, storedResource, systemClock, type ResourceDefinition } from "@kubemetrics/apiservice";
import { createDelegatingAuthenticator, fixedTrust, standardIdentityHeaders } from "@kubemetrics/authentication";
import { delegatedAuthorizer } from "@kubemetrics/authorization";
import { ClusterConnection, SubjectAccessReviewClient, TokenReviewClient } from "@kubemetrics/kube";
import { parseBundle } from "@kubemetrics/x509";
import type { ServerOrder, ServerReady, ServerState } from "./messages.ts";

const segment = Buffer.alloc(64 * 1024, "x");
const segments = Array.from({ length: 160 }, () => segment);
const errors: string[] = [];

/** Ten megabytes at a time. */
const big: ResourceDefinition = {
  name: "bigs",
  singularName: "big",
  kind: "Big",
  namespaced: true,
  verbs: ["list"],
  formats: ["json"],
  list: () => ({ body: () => segments }),
};

async function serve(order: ServerOrder): Promise<void> {
  const connection = new ClusterConnection({
    description: "the attacker's kube-apiserver",
    server: order.kubeApiserver,
    tls: async () => ({}),
    authorization: async () => "Bearer server",
  });
  const timeoutMs = order.reviewTimeoutMs;
  const patience = { timeoutMs, budgetMs: 2 * timeoutMs, tries: 2 };
  let uids = 0;
  const names = {
    group: "g.io",
    version: "v1",
    name: "things",
    singularName: "thing",
    kind: "Thing",
    namespaced: true,
  };
  const things = storedResource({ ...names, clock: systemClock, newUid: () => `uid-${++uids}` });
  const server = createExtensionServer({
    groups: [{ name: "g.io", versions: [{ version: "v1", resources: [things, big] }] }],
    authenticator: createDelegatingAuthenticator({
      trust: fixedTrust({
        requestHeader: {
          ...standardIdentityHeaders,
          uidHeaders: [],
          authorities: parseBundle(order.proxyCaPem),
          allowedNames: ["front-proxy-client"],
        },
        clientAuthorities: parseBundle(order.userCaPem),
      }),
      tokens: { reviewer: new TokenReviewClient(connection, patience) },
    }),
    authorizer: delegatedAuthorizer({
      accessReview: { reviewer: new SubjectAccessReviewClient(connection, patience), clock: systemClock },
    }),
    tls: order.serving,
    limits: { headersTimeoutMs: 10_000 },
    metrics: () => ({ contentType: "text/plain", body: "up 1\n" }),
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (fields, message) => errors.push(`${message} ${JSON.stringify(fields, shown)}`),
    },
  });
  const { port } = await server.listen(0, "127.0.0.1");
  process.on("message", () => void state(server.connections));
  tell({ port });
}

/** Memory is given back by another thread, some time after it was collected. */
async function state(connections: number): Promise<void> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("run with --expose-gc");
  for (let times = 0; connections === 0 && times < 4; times++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  tell({ rssBytes: rss, heapBytes: heapUsed + arrayBuffers, connections, errors });
}

function shown(_key: string, value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}

function tell(message: ServerReady | ServerState): void {
  process.send?.(message);
}

process.once("message", (order: ServerOrder) => void serve(order));
process.once("disconnect", () => process.exit());
