/** Documents that never change, in every form, made once. */
import { goJson, goYaml, notAcceptable, protobufEnvelope } from "@kubemetrics/apimachinery";
import type { Exchange } from "./exchange.ts";
import { allFormats, mediaTypes, Negotiator, plainEndpoint, wantsPretty } from "./negotiation.ts";
import type { Reply } from "./reply.ts";
import type { BodyFormat } from "./resource-answer.ts";
import { notRepresentable } from "./route-accept.ts";
import { errorReply } from "./status-reply.ts";

type Form = BodyFormat | "pretty";

/** A discovery document: JSON data with its protobuf message. */
export class NegotiatedDocument {
  readonly #replies: ReadonlyMap<Form, Reply>;
  readonly #negotiator = new Negotiator(plainEndpoint(allFormats));

  /** @param message - the protobuf message without its envelope */
  constructor(json: Readonly<Record<string, unknown>>, kind: string, apiVersion: string, message: Uint8Array) {
    this.#replies = new Map<Form, Reply>([
      ["json", document("json", Buffer.from(`${goJson(json)}\n`))],
      ["pretty", document("json", Buffer.from(goJson(json, 2)))],
      ["yaml", document("yaml", Buffer.from(goYaml(json)))],
      ["protobuf", document("protobuf", protobufEnvelope(apiVersion, kind, message))],
    ]);
  }

  /** The document, 405 for other methods than GET, 406 when no form fits. */
  answer(asker: Pick<Exchange, "known" | "info">): Reply {
    const chosen = this.#negotiator.choose(asker.known.accept);
    if (chosen === undefined) {
      return errorReply(asker, notAcceptable(allFormats.map((format) => mediaTypes[format])));
    }
    const isPretty = chosen.format === "json" && (chosen.pretty || wantsPretty(asker));
    const reply = this.#replies.get(isPretty ? "pretty" : chosen.format);
    if (reply === undefined) throw new Error(`no ${chosen.format} form`);
    return reply;
  }

  /** {@link answer} behind the router's own look at the Accept header. */
  serve(asker: Pick<Exchange, "known" | "info">): Reply {
    return notRepresentable(asker, discoveryMediaTypes) ?? this.answer(asker);
  }
}

const discoveryMediaTypes: readonly string[] = allFormats.map((format) => mediaTypes[format]);

function document(format: BodyFormat, bytes: Uint8Array): Reply {
  return { status: 200, headers: { "content-type": mediaTypes[format] }, segments: [bytes] };
}
