/**
 * Which keys and values a label may have, in upstream's words.
 *
 * @see apimachinery `pkg/api/validate/content/kube.go`, `dns.go`
 */
const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character" +
  " (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character" +
  " (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character" +
  " (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

// Anchored, with one greedy run each: a long refused text costs one way forth and one back.
const name = /^(?![-_.])[-\w.]*[A-Za-z0-9]$/;
const subdomainPart = /^(?!-)[-a-z0-9]*[a-z0-9]$/;

/** What is wrong with a label key; nothing when it is valid. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split("/", 3);
  if (parts.length > 2) {
    return [`a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const own = parts.at(-1) ?? "";
  const problems = parts.length === 2 ? prefixProblems(parts[0] ?? "") : [];
  if (own === "") problems.push("name part must be non-empty");
  else if (Buffer.byteLength(own) > 63) problems.push("name part must be no more than 63 bytes");
  if (!name.test(own)) problems.push(`name part ${nameRule}`);
  return problems;
}

function prefixProblems(prefix: string): string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  const problems: string[] = [];
  if (Buffer.byteLength(prefix) > 253) problems.push("prefix part must be no more than 253 bytes");
  if (!prefix.split(".").every((part) => subdomainPart.test(part))) problems.push(`prefix part ${subdomainRule}`);
  return problems;
}

/** What is wrong with a label value; nothing when it is valid. */
export function labelValueProblems(value: string): string[] {
  const problems: string[] = [];
  if (Buffer.byteLength(value) > 63) problems.push("must be no more than 63 bytes");
  if (value !== "" && !name.test(value)) problems.push(valueRule);
  return problems;
}
