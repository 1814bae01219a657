/** Errors as clients read them: a Status in the form they asked for. */
import { statusFor, type Status } from "@kubemetrics/apimachinery";
import type { Exchange } from "./exchange.ts";
import { allFormats, mediaTypes, negotiate, plainEndpoint, wantsPretty } from "./negotiation.ts";
import type { Reply, ReplyHeaders } from "./reply.ts";
import type { BodyFormat } from "./resource-answer.ts";
import { statusBody } from "./status-body.ts";

/** The parts of an exchange that decide how an error looks. */
export type Asker = Pick<Exchange, "info" | "known">;

export interface ErrorForm {
  readonly headers?: Readonly<ReplyHeaders>;
  /** What may be sent here; every form when absent. */
  readonly formats?: readonly BodyFormat[];
}

/** When the error cannot be sent in any form the client accepts, it is sent as indented JSON rather than hidden. */
export function statusReply(asker: Asker, status: Status, form: ErrorForm = {}): Reply {
  const headers: ReplyHeaders = { ...form.headers };
  const retryAfter = status.details?.retryAfterSeconds ?? 0;
  if (retryAfter > 0) headers["retry-after"] = String(retryAfter);
  const chosen = negotiate(asker.known.accept, plainEndpoint(form.formats ?? allFormats));
  const format = chosen?.format ?? "json";
  headers["content-type"] = mediaTypes[format];
  const pretty = chosen === undefined || chosen.pretty || wantsPretty(asker);
  return { status: status.code ?? 500, headers, segments: [statusBody(status, format, pretty)], outcome: status };
}

/** For anything thrown: a StatusError as it is, else 500 with the error's message. */
export function errorReply(asker: Asker, error: unknown, form: ErrorForm = {}): Reply {
  return statusReply(asker, statusFor(error), form);
}
