/** The base of every error this package throws. */

const brand = Symbol.for("@kubemetrics/apimachinery/error");

/**
 * Base of this package's errors: `error instanceof StatusError` works across duplicate copies of the package, because
 * classes are told apart by their `code`.
 *
 * `code` is stable and safe to match on; `message` is for people.
 */
export abstract class ApimachineryError extends Error {
  static readonly code: string = "";
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== "object" || value === null || !(brand in value)) return false;
    return this.code === "" || (value as { readonly code?: unknown }).code === this.code;
  }
}
