/** A kubelet as its callers see it: an HTTPS server that knows its callers and answers with pages about its node. */
import { constants } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { KeyPair } from "@kubemetrics/x509";
import type { PageWriter } from "@kubemetrics/exposition";
import { writeCadvisorPage } from "./cadvisor-page.ts";
import { sendError, sendJson, sendText } from "./http-answer.ts";
import { closeServer, followConnections } from "./connections.ts";
import type { Identities } from "./identities.ts";
import type { KubeletFault } from "./kubelet-fault.ts";
import { listen } from "./listen.ts";
import type { MeteredNode } from "./metered-node.ts";
import type { ObjectStore } from "./object-store.ts";
import { authorize } from "./rbac.ts";
import { ResourcePage, writeFailedResourcePage } from "./resource-page.ts";
import { statsSummary } from "./stats-summary.ts";
import { anonymous, type User } from "./user.ts";

export interface KubeletOptions {
  readonly node: MeteredNode;
  readonly address: string;
  readonly certificate: KeyPair;
  /** Made when the fault asks for it. */
  readonly untrustedCertificate: () => KeyPair;
  readonly identities: Identities;
  readonly store: ObjectStore;
  readonly clock: () => number;
  readonly compresses: boolean;
  /** Writes one page at a time; all kubelets of a sandbox share it. */
  readonly pageWriter: PageWriter;
}

const textContentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const statsFailed = "Internal Error: failed to get stats: rpc error: code = Unavailable";
const compress = promisify(gzip);

export class Kubelet {
  readonly node: MeteredNode;
  readonly address: string;
  readonly #options: KubeletOptions;
  readonly #server: Server;
  readonly #page: ResourcePage;
  readonly #cutConnections: () => void;
  readonly #delays = new Set<NodeJS.Timeout>();
  #fault: KubeletFault | undefined;
  #port = 0;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.node = options.node;
    this.address = options.address;
    this.#page = new ResourcePage(options.node);
    const { certificatePem: cert, keyPem: key } = options.certificate;
    this.#server = createServer(
      {
        cert,
        key,
        requestCert: true,
        rejectUnauthorized: false,
        secureOptions: constants.SSL_OP_NO_TICKET,
        keepAliveTimeout: 120_000,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#cutConnections = followConnections(this.#server);
  }

  get clock(): () => number {
    return this.#options.clock;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens on the node's address, on a port the system chooses. */
  async start(): Promise<void> {
    await listen(this.#server, this.#port, this.address);
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** @see KubeletFault */
  async fault(fault: KubeletFault | undefined): Promise<void> {
    const before = this.#fault?.kind;
    this.#fault = fault;
    const isRefusing = fault?.kind === "refuse";
    if (isRefusing && before !== "refuse") return closeServer(this.#server, this.#cutConnections);
    if (!isRefusing && before === "refuse") await listen(this.#server, this.#port, this.address);
    const isUntrusted = fault?.kind === "untrusted-certificate";
    if (isUntrusted === (before === "untrusted-certificate")) return;
    const { certificatePem: cert, keyPem: key } = isUntrusted
      ? this.#options.untrustedCertificate()
      : this.#options.certificate;
    this.#server.setSecureContext({ cert, key });
    // Connections that are open have seen the other certificate.
    this.#cutConnections();
  }

  async close(): Promise<void> {
    for (const delay of this.#delays) clearTimeout(delay);
    await closeServer(this.#server, this.#cutConnections);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
      const user = this.#options.identities.authenticate(request.socket as TLSSocket, request.headers.authorization);
      if (user === anonymous) return sendText(response, 401, "Unauthorized");
      if (!this.#isAllowed(user, path, request, response)) return;
      if (this.#fault?.kind === "slow") await this.#delay(this.#fault.delayMs);
      if (this.#fault?.kind === "error") return sendText(response, 500, statsFailed);
      await this.#answer(path, request, response);
    } catch (error) {
      sendError(response, error);
    }
  }

  #isAllowed(user: User, path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const verb = request.method === "GET" || request.method === "HEAD" ? "get" : "create";
    const subresource = subresourceOf(path);
    const access = { verb, group: "", resource: "nodes", subresource, namespace: "", name: this.node.name };
    if (authorize(this.#options.store, user, access).isAllowed) return true;
    sendText(
      response,
      403,
      `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])`,
    );
    return false;
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (path) {
      case "/metrics/resource":
        if (this.#fault?.kind === "runtime-gone") return this.#sendPage(writeFailedResourcePage, request, response);
        await this.node.refresh();
        return this.#sendPage((page) => this.#page.write(page, this.#options.clock()), request, response);
      case "/metrics/cadvisor":
        await this.node.refresh();
        return this.#sendPage((page) => writeCadvisorPage(page, this.node, this.#options.clock()), request, response);
      case "/stats/summary":
        if (this.#fault?.kind === "runtime-gone") return sendText(response, 500, statsFailed);
        await this.node.refresh();
        return sendJson(response, 200, statsSummary(this.node, this.#options.clock()));
      case "/healthz":
        return sendText(response, 200, "ok");
      default:
        return sendText(response, 404, "404 page not found");
    }
  }

  async #sendPage(
    write: (page: PageWriter) => void,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { pageWriter, compresses } = this.#options;
    pageWriter.clear();
    write(pageWriter);
    // A copy: the writer's bytes are overwritten by the next page.
    const page = Buffer.from(pageWriter.end());
    if (this.#fault?.kind === "garbage") garble(page);
    const accepts = compresses && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    const bytes = accepts ? await compress(page, { level: 1 }) : page;
    response.writeHead(200, {
      "Content-Type": textContentType,
      "Content-Length": bytes.length,
      ...(accepts && { "Content-Encoding": "gzip", Vary: "Accept-Encoding" }),
    });
    if (this.#fault?.kind === "truncated") {
      const length = Math.floor(bytes.length * (this.#fault.share ?? 0.5));
      response.write(bytes.subarray(0, length), () => response.destroy());
      return;
    }
    response.end(bytes);
  }

  #delay(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#delays.delete(timer);
      resolve();
    }, ms);
    this.#delays.add(timer);
    return promise;
  }
}

/** The subresource of `nodes` a caller needs for a path. */
function subresourceOf(path: string): string {
  if (path === "/metrics" || path.startsWith("/metrics/")) return "metrics";
  if (path.startsWith("/stats/")) return "stats";
  if (path === "/healthz") return "healthz";
  return "proxy";
}

/** Makes the bytes of a page into something that is no exposition text. */
function garble(page: Buffer): void {
  for (let index = 0; index < page.length; index++) page[index] = (page[index] ?? 0) * 31 + index;
}
