/** What is recorded about a request: `audit.k8s.io/v1` Event. */
import { formatMicroTime, instantFromMs, type Status } from "@kubemetrics/apimachinery";
import type { UserInfo } from "@kubemetrics/authentication";
import type { Decision } from "@kubemetrics/authorization";
import type { AuditLevel, AuditStage } from "./audit-policy.ts";
import type { Exchange } from "./exchange.ts";
import { headerValues } from "./request-headers.ts";
import { bareStatus } from "./status-body.ts";

export type AuditEvent = Readonly<Record<string, unknown>>;

export interface AuditOutcome {
  readonly code: number;
  /** Of an error answered as Status. */
  readonly status?: Status;
  /** JSON data; only at level RequestResponse. */
  readonly responseObject?: unknown;
}

const longestUserAgent = 1024;

/** Fields in upstream's order; empty ones are left out. */
export function auditEvent(
  exchange: Exchange,
  level: AuditLevel,
  stage: AuditStage,
  nowMs: number,
  outcome?: AuditOutcome,
): AuditEvent {
  const { info } = exchange;
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level,
    auditID: exchange.auditId,
    stage,
    requestURI: Buffer.from(exchange.target, "latin1").toString("utf8"),
    verb: info.verb,
    user: userObject(exchange.user),
    sourceIPs: sourceAddresses(exchange),
    userAgent: cutUserAgent(exchange.known.userAgent),
    objectRef: info.isResourceRequest ? objectReference(exchange) : undefined,
    responseStatus: outcome === undefined ? undefined : responseStatus(outcome),
    requestObject: level === "Request" || level === "RequestResponse" ? exchange.requestObject : undefined,
    responseObject: level === "RequestResponse" ? outcome?.responseObject : undefined,
    requestReceivedTimestamp: microTime(exchange.receivedMs),
    stageTimestamp: microTime(nowMs),
    annotations: exchange.decision && annotationsOf(exchange.decision),
  };
}

function annotationsOf({ kind, reason, error }: Decision): AuditEvent {
  const prefix = "authorization.k8s.io";
  if (kind !== "allow" && error !== undefined) return { [`${prefix}/reason`]: "internal error" };
  return { [`${prefix}/decision`]: kind === "allow" ? "allow" : "forbid", [`${prefix}/reason`]: reason };
}

function userObject(user: UserInfo): AuditEvent {
  return {
    username: filled(user.name),
    uid: filled(user.uid),
    groups: user.groups.length === 0 ? undefined : user.groups,
    extra: user.extra.size === 0 ? undefined : user.extra,
  };
}

/** Who forwarded it, as they say, and last who really sent it. */
function sourceAddresses({ request }: Exchange): readonly string[] | undefined {
  const forwarded = headerValues(request.rawHeaders, "x-forwarded-for").flatMap((value) => value.split(","));
  const real = headerValues(request.rawHeaders, "x-real-ip").slice(0, 1);
  const remote = request.socket.remoteAddress ?? "";
  const addresses = [...forwarded, ...real].map((text) => text.trim()).filter((text) => text !== "");
  if (remote !== "" && addresses.at(-1) !== remote) addresses.push(remote);
  return addresses.length === 0 ? undefined : addresses;
}

function cutUserAgent(latin1: string): string | undefined {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return text.length > longestUserAgent ? `${text.slice(0, longestUserAgent)}...TRUNCATED` : filled(text);
}

function objectReference({ info }: Exchange): AuditEvent {
  return {
    resource: filled(info.resource),
    namespace: filled(info.namespace),
    name: filled(info.name),
    apiGroup: filled(info.apiGroup),
    apiVersion: filled(info.apiVersion),
    subresource: filled(info.subresource),
  };
}

function responseStatus({ code, status }: AuditOutcome): object {
  return bareStatus({ ...status, code });
}

function microTime(ms: number): string {
  return formatMicroTime(instantFromMs(ms));
}

function filled(text: string): string | undefined {
  return text === "" ? undefined : text;
}
