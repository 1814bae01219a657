/** Discovery documents never change: every form is made once. */
import {
  discoveryToJson,
  discoveryToProtobuf,
  goJson,
  goYaml,
  notAcceptable,
  type DiscoveryDocument,
} from "@kubemetrics/apimachinery";
import type { Exchange } from "./exchange.ts";
import { allFormats, mediaTypes, Negotiator, plainEndpoint, wantsPretty } from "./negotiation.ts";
import type { Reply } from "./reply.ts";
import type { BodyFormat } from "./resource-answer.ts";
import { ProducedTypes } from "./route-accept.ts";
import { errorReply } from "./status-reply.ts";

type Form = BodyFormat | "pretty";

export class NegotiatedDocument {
  readonly #replies: ReadonlyMap<Form, Reply>;
  readonly #produced = new ProducedTypes(allFormats.map((format) => mediaTypes[format]));
  readonly #negotiator = new Negotiator(plainEndpoint(allFormats));

  constructor(document: DiscoveryDocument) {
    const json = discoveryToJson(document);
    this.#replies = new Map<Form, Reply>([
      ["json", documentReply("json", Buffer.from(`${goJson(json)}\n`))],
      ["pretty", documentReply("json", Buffer.from(goJson(json, 2)))],
      ["yaml", documentReply("yaml", Buffer.from(goYaml(json)))],
      ["protobuf", documentReply("protobuf", discoveryToProtobuf(document))],
    ]);
  }

  /** The document; 406 when no form fits. */
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
    return this.#produced.refusal(asker) ?? this.answer(asker);
  }
}

function documentReply(format: BodyFormat, bytes: Uint8Array): Reply {
  return { status: 200, headers: { "content-type": mediaTypes[format] }, segments: [bytes] };
}
