/** Recognises users by client certificate and by bearer token. The API server and every kubelet share one of these. */
import { createHash, randomBytes } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { unauthorized } from "@kubemetrics/apimachinery";
import { commonName, organizations, parseBundle, verifyChain, X509Error, type Bundle } from "@kubemetrics/x509";
import type { ObjectStore } from "./object-store.ts";
import { serviceAccounts } from "./resource-type.ts";
import { anonymous, authenticatedUser, serviceAccountGroups, serviceAccountUserName, type User } from "./user.ts";

/** What a connection's certificate says: a user, nobody (no certificate), or a certificate that is refused. */
type PeerVerdict = User | "none" | "refused";

export class Identities {
  readonly #bundle: Bundle;
  readonly #store: ObjectStore;
  readonly #tokens = new Map<string, User>();
  readonly #peers = new WeakMap<object, PeerVerdict>();

  /** @param authorityPem - who signs client certificates */
  constructor(store: ObjectStore, authorityPem: string) {
    this.#store = store;
    this.#bundle = parseBundle(authorityPem);
  }

  /** A token for a ServiceAccount; it ends with the account. */
  issueServiceAccountToken(namespace: string, name: string): string {
    const account = this.#store.get(serviceAccounts, namespace, name);
    const groups = serviceAccountGroups(namespace);
    const user = authenticatedUser(serviceAccountUserName(namespace, name), groups, account.metadata.uid ?? "");
    const token = randomBytes(32).toString("base64url");
    this.#tokens.set(token, user);
    return token;
  }

  userOfToken(token: string): User | undefined {
    const user = this.#tokens.get(token);
    if (user === undefined) return undefined;
    const [namespace = "", name = ""] = user.name.slice("system:serviceaccount:".length).split(":");
    return this.#store.find(serviceAccounts, namespace, name)?.metadata.uid === user.uid ? user : undefined;
  }

  /**
   * The user of a request. Nothing presented is anonymous; something wrong presented, and nothing right beside it, is refused.
   *
   * @param authorization - value of that header
   * @throws StatusError 401
   */
  authenticate(socket: TLSSocket, authorization: string | undefined): User {
    const peer = this.#peer(socket);
    if (typeof peer === "object") return peer;
    const token = bearerToken(authorization);
    const user = token === undefined ? undefined : this.userOfToken(token);
    if (user !== undefined) return user;
    if (token !== undefined || peer === "refused") throw unauthorized("Unauthorized");
    return anonymous;
  }

  /** Judged once a connection: a certificate cannot change while it is open, and the sandbox's authority never does. */
  #peer(socket: TLSSocket): PeerVerdict {
    let verdict = this.#peers.get(socket);
    if (verdict === undefined) {
      verdict = this.#judge(socket.getPeerX509Certificate()?.raw);
      this.#peers.set(socket, verdict);
    }
    return verdict;
  }

  #judge(der: Uint8Array | undefined): PeerVerdict {
    if (der === undefined) return "none";
    try {
      const { leaf } = verifyChain([der], this.#bundle, { timeMs: Date.now(), usage: "clientAuth" });
      const name = commonName(leaf.subject);
      const digest = createHash("sha256").update(der).digest("hex");
      const extra = new Map([["authentication.kubernetes.io/credential-id", [`X509SHA256=${digest}`]]]);
      return name === "" ? "none" : authenticatedUser(name, organizations(leaf.subject), "", extra);
    } catch (error) {
      if (error instanceof X509Error) return "refused";
      throw error;
    }
  }
}

function bearerToken(authorization: string | undefined): string | undefined {
  const [scheme = "", token = ""] = (authorization ?? "").trim().split(" ", 3);
  return scheme.toLowerCase() === "bearer" && token !== "" ? token : undefined;
}
