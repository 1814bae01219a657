/** A failure that is answered as a Status, exactly as it is. */
import { ApimachineryError } from "./apimachinery-error.ts";
import type { Status } from "./status.ts";

/**
 * Thrown anywhere below the framework and answered to the client as is: never put secrets into it.
 *
 * Made with the constructors of this package ({@link notFound}, {@link badRequest} …), whose texts are upstream's.
 */
export class StatusError extends ApimachineryError {
  static override readonly code: string = "STATUS_ERROR";
  override readonly name: string = "StatusError";
  override readonly code: string = StatusError.code;
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? "", options);
    this.status = status;
  }
}
