/** The kept-alive connection to one kubelet. */
import { Agent as PlainAgent, request as plainRequest, type ClientRequest } from "node:http";
import { Agent, request } from "node:https";
import type { KubeletEndpoint } from "../kubelet-endpoint.ts";
import { checkCertificateNames, serverName } from "./certificate-names.ts";
import type { Trust } from "./trust.ts";

export class NodeConnection {
  readonly #agent: Agent | PlainAgent;
  readonly #address: string;
  readonly #port: number;
  readonly #names: string;
  readonly #trust: Trust | undefined;

  /** @param trust - absent: plain HTTP */
  constructor(endpoint: KubeletEndpoint, trust: Trust | undefined) {
    const { node, address, port, certificateNames } = endpoint;
    this.#address = address;
    this.#port = port;
    this.#names = certificateNames.join();
    this.#trust = trust;
    const keep = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 };
    if (trust === undefined) this.#agent = new PlainAgent(keep);
    else {
      this.#agent = new Agent({
        ...keep,
        // A resumed session is not checked again, so none is kept.
        maxCachedSessions: 0,
        secureContext: trust.context,
        rejectUnauthorized: !trust.insecure,
        servername: serverName(certificateNames),
        checkServerIdentity: (_, certificate) => checkCertificateNames(certificateNames, certificate),
      });
    }
    // There is one destination; the name that Node makes of it for every request is long.
    this.#agent.getName = () => node;
  }

  /** Whether requests to `endpoint` may go through this connection. */
  serves(endpoint: KubeletEndpoint, trust: Trust | undefined): boolean {
    return (
      this.#trust === trust &&
      this.#address === endpoint.address &&
      this.#port === endpoint.port &&
      this.#names === endpoint.certificateNames.join()
    );
  }

  request(path: string, headers: Readonly<Record<string, string>>): ClientRequest {
    const target = { agent: this.#agent, host: this.#address, port: this.#port, path, headers };
    return this.#trust === undefined ? plainRequest(target) : request(target);
  }

  destroy(): void {
    this.#agent.destroy();
  }
}
