/** The router's look at the Accept header, before negotiation: it knows no `application/*`. */
import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";
import { statusReply, type ErrorForm } from "./status-reply.ts";

/**
 * 406 when no clause names one of the types, as text, or everything; `undefined` otherwise.
 *
 * @see emicklei/go-restful `route.go`
 */
export function notRepresentable(
  asker: Pick<Exchange, "known" | "info">,
  produces: readonly string[],
  form: ErrorForm = {},
): Reply | undefined {
  const { accept } = asker.known;
  if (accept === "" || accept === "*/*" || produces.includes(accept)) return undefined;
  const fits = accept.split(",").some((clause) => {
    const name = clause.split(";", 1)[0]?.replace(/^ +| +$/g, "") ?? "";
    return name === "*/*" || produces.includes(name);
  });
  if (fits) return undefined;
  const message = `406: Not Acceptable\n\nAvailable representations: ${produces.join(", ")}`;
  return statusReply(asker, { status: "Failure", message, reason: "NotAcceptable", details: {}, code: 406 }, form);
}
