/** What is wrong with one field of an object, in upstream's words. */
import { goJson } from "./go-json.ts";
import { goQuote } from "./go-quote.ts";

const typeTexts = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooShort: "Too short",
  FieldValueTooMany: "Too many",
  FieldValueTooFew: "Too few",
  FieldValueTypeInvalid: "Invalid value",
  InternalError: "Internal error",
} as const;

/** Also the cause type in a Status. */
export type FieldErrorType = keyof typeof typeTexts;

const typesWithoutValue: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "FieldValueTooShort",
  "InternalError",
]);

/** A refused value: text is printed quoted, lists and objects of texts as JSON. */
export type FieldValue = string | number | boolean | readonly string[] | { readonly [field: string]: string } | null;

/** One wrong field. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** Path such as `spec.items[0].name`. */
  readonly field: string;
  /** Printed only for types that show it. */
  readonly value?: FieldValue;
  readonly detail?: string;
}

/** `Invalid value: "x": must be …`: the error without its path. */
export function fieldErrorBody(error: FieldError): string {
  const type = typeTexts[error.type];
  const shown =
    error.value === undefined || typesWithoutValue.has(error.type) ? type : `${type}: ${shownValue(error.value)}`;
  return error.detail === undefined || error.detail === "" ? shown : `${shown}: ${error.detail}`;
}

/** `a: Required value`; several different ones as `[a: …, b: …]`. The empty text for none. */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  const texts = new Set(errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`));
  const joined = [...texts].join(", ");
  return texts.size > 1 ? `[${joined}]` : joined;
}

function shownValue(value: FieldValue): string {
  if (typeof value === "string") return goQuote(value);
  return typeof value === "object" ? goJson(value) : String(value);
}
