/** negotiate.json: the choice of the answer's form from the Accept header. */
import { same, type AreaBinding, type VectorCase, type VectorFile } from "@kubemetrics/conformance";
import { notAcceptable } from "@kubemetrics/apimachinery";
import { AggregatedDiscovery } from "../src/aggregated-discovery.ts";
import { NegotiatedDocument } from "../src/negotiated-document.ts";
import {
  mediaTypes,
  negotiate,
  plainEndpoint,
  resourceEndpoint,
  wantsPretty,
  type Conversion,
  type Endpoint,
  type Negotiated,
} from "../src/negotiation.ts";
import type { BodyFormat } from "../src/resource-answer.ts";
import { errorReply } from "../src/status-reply.ts";
import { asker, recordedReply, type RecordedHttp } from "./vector-asker.ts";

interface NegotiateCase extends VectorCase {
  readonly kind: "negotiate" | "aggregated";
  readonly accept: string | null;
  readonly endpoint: string;
  readonly server: string;
  readonly target?: string;
  readonly userAgent?: string;
  readonly ifNoneMatch?: string;
  readonly ok?: Readonly<Record<string, unknown>>;
  readonly err?: string;
  readonly http: RecordedHttp;
}

export const negotiateBinding: AreaBinding = {
  area: "negotiate",
  check(test, file) {
    const recorded = test as NegotiateCase;
    return recorded.kind === "aggregated" ? checkAggregated(recorded) : checkChoice(recorded, file);
  },
};

function checkChoice(recorded: NegotiateCase, file: VectorFile): ReturnType<typeof same> {
  const { accept, userAgent, target = "/x" } = recorded;
  const servers = file["servers"] as Readonly<Record<string, readonly string[]>>;
  const formats = (servers[recorded.server] ?? []).map(formatOf);
  const endpoint = endpointOf(recorded.endpoint, formats);
  const chosen = negotiate(accept ?? "", endpoint);
  const from = asker({ accept, userAgent, target });
  if (chosen !== undefined) return same({ ok: recorded.ok }, { ok: recordedChoice(chosen, wantsPretty(from)) });
  const error = notAcceptable(formats.map((format) => mediaTypes[format]));
  const reply = recordedReply(errorReply(from, error, { formats }), recorded.http);
  return same({ err: recorded.err, http: recorded.http }, { err: error.message, http: reply });
}

function formatOf(mediaType: string): BodyFormat {
  return (Object.keys(mediaTypes) as BodyFormat[]).find((format) => mediaTypes[format] === mediaType) ?? "json";
}

function endpointOf(name: string, formats: readonly BodyFormat[]): Endpoint {
  if (name === "resource") return resourceEndpoint(formats, true);
  if (name === "resource-without-table") return resourceEndpoint(formats, false);
  if (name === "plain") return plainEndpoint(formats);
  const isAggregated = (as: Conversion | undefined): boolean =>
    as?.kind === "APIGroupDiscoveryList" && as.group === "apidiscovery.k8s.io" && as.version === "v2";
  return { formats, serverVersions: [], allowsConversion: isAggregated };
}

function recordedChoice(chosen: Negotiated, isPrettyClient: boolean): Readonly<Record<string, unknown>> {
  const { mediaType, as, stream, profile, serverVersion, exports } = chosen;
  return {
    mediaType,
    pretty: chosen.format === "json" && (chosen.pretty || isPrettyClient),
    ...(as === undefined ? {} : { as: filled({ group: as.group, kind: as.kind, version: as.version }) }),
    ...filled({ stream, profile, sv: serverVersion }),
    ...(exports ? { export: true } : {}),
  };
}

function filled(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}

/** The small recorded server has an empty plain document and spells out the kinds' group version. */
const resource = { singularName: "", verbs: ["get", "list"], kindGroup: "metrics.k8s.io", kindVersion: "v1beta1" };
const resources = [
  { ...resource, name: "nodes", kind: "NodeMetrics", namespaced: false },
  { ...resource, name: "pods", kind: "PodMetrics", namespaced: true },
];
const aggregated = new AggregatedDiscovery(
  [{ name: "metrics.k8s.io", versions: [{ version: "v1beta1", resources }] }],
  ["v2"],
);
const plain = new NegotiatedDocument({ kind: "APIGroupList", groups: [] });

function checkAggregated(recorded: NegotiateCase): ReturnType<typeof same> {
  const { accept, ifNoneMatch } = recorded;
  const from = asker({ accept, ifNoneMatch, target: "/apis" });
  const reply = aggregated.answer(from) ?? plain.answer(from);
  return same(recorded.http, recordedReply(reply, recorded.http));
}
