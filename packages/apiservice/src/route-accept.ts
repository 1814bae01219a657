/** The router's look at the Accept header, before negotiation: it knows no `application/*`. */
import { trimSpaces } from "./accept-clauses.ts";
import type { Exchange } from "./exchange.ts";
import { Remembered } from "./remembered.ts";
import type { Reply } from "./reply.ts";
import { statusReply, type ErrorForm } from "./status-reply.ts";

/**
 * The media types a route produces, as text: a clause fits when it names one of them exactly, or everything.
 *
 * @see emicklei/go-restful `route.go`
 */
export class ProducedTypes {
  readonly #types: readonly string[];
  readonly #fits: Remembered<boolean>;

  constructor(types: readonly string[]) {
    this.#types = types;
    this.#fits = new Remembered((accept) => accept === "" || accept.split(",").some((clause) => this.#named(clause)));
  }

  /** 406 when no clause fits; `undefined` otherwise. */
  refusal(asker: Pick<Exchange, "known" | "info">, form: ErrorForm = {}): Reply | undefined {
    if (this.#fits.get(asker.known.accept)) return undefined;
    const message = `406: Not Acceptable\n\nAvailable representations: ${this.#types.join(", ")}`;
    return statusReply(asker, { status: "Failure", message, reason: "NotAcceptable", details: {}, code: 406 }, form);
  }

  #named(clause: string): boolean {
    const name = trimSpaces(clause.split(";", 1)[0] ?? "");
    return name === "*/*" || this.#types.includes(name);
  }
}
