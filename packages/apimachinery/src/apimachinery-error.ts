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
    // A class derived elsewhere has no code of its own to be told apart by.
    if (!Object.hasOwn(this, "code")) return Function.prototype[Symbol.hasInstance].call(this, value);
    if (typeof value !== "object" || value === null || !(brand in value)) return false;
    return this.code === "" || (value as { readonly code?: unknown }).code === this.code;
  }
}
