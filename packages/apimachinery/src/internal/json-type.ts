/** How Go's decoder says that a JSON value is not a text. */

export function notTextMessage(value: unknown): string {
  const type =
    value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${type} into Go value of type string`;
}
