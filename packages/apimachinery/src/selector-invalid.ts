/** A refused selector. */
import { ApimachineryError } from "./apimachinery-error.ts";

/** A label or field selector cannot be read or used. The message is upstream's; an API server answers it as a 400. */
export class SelectorInvalid extends ApimachineryError {
  static override readonly code: string = "SELECTOR_INVALID";
  override readonly name: string = "SelectorInvalid";
  override readonly code: string = SelectorInvalid.code;
}
