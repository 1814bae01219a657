/** An answer in the form the client asked for. */
import { StatusError, type MetaApiVersion } from "@kubemetrics/apimachinery";
import { compressed, type CompressedSegments } from "./compression.ts";
import type { Exchange } from "./exchange.ts";
import { indentJson } from "./json-indent.ts";
import { mediaTypes, wantsPretty, type Negotiated } from "./negotiation.ts";
import { partialMetadataSegments } from "./partial-metadata.ts";
import type { MaybePromise, Reply } from "./reply.ts";
import type { ResourceAnswer } from "./resource-answer.ts";
import type { ServedResource } from "./served-resource.ts";
import { tableSegments } from "./table.ts";

export function convertedReply(
  answer: ResourceAnswer,
  chosen: Negotiated,
  served: ServedResource,
  exchange: Exchange,
  known: CompressedSegments,
): MaybePromise<Reply> {
  let segments = formOf(answer, chosen, served, exchange);
  if (chosen.format === "json" && (chosen.pretty || wantsPretty(exchange))) segments = [indentJson(segments)];
  const headers = { "content-type": mediaTypes[chosen.format] };
  return compressed({ status: answer.status ?? 200, headers, segments }, exchange.known.acceptEncoding, known);
}

function formOf(
  answer: ResourceAnswer,
  { as, format }: Negotiated,
  served: ServedResource,
  exchange: Exchange,
): readonly Uint8Array[] {
  if (as === undefined) return answer.body(format);
  // Negotiation lets no other group version through.
  const apiVersion = `${as.group}/${as.version}` as MetaApiVersion;
  const parts = as.kind === "Table" ? answer.table?.() : undefined;
  if (parts !== undefined) return tableSegments(parts, apiVersion, format, exchange.info.query);
  const partial = as.kind === "Table" ? undefined : answer.partialMetadata?.();
  if (partial !== undefined) return partialMetadataSegments(partial, as.kind, apiVersion, format, served);
  throw notAcceptableAs(`this object cannot be shown as ${as.kind}`);
}

/** 406 with its own sentence. */
export function notAcceptableAs(message: string): StatusError {
  return new StatusError({ status: "Failure", message, reason: "NotAcceptable", code: 406 });
}
