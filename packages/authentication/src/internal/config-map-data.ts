/** The keys of ConfigMap `extension-apiserver-authentication`, as kube-apiserver writes them. */
import type { IdentityHeaders } from "../identity-headers.ts";

export const clientAuthorityKey = "client-ca-file";
export const requestHeaderAuthorityKey = "requestheader-client-ca-file";

export type HeaderSettings = IdentityHeaders & { readonly allowedNames: readonly string[] };

export const noHeaderSettings: HeaderSettings = {
  usernameHeaders: [],
  uidHeaders: [],
  groupHeaders: [],
  extraHeaderPrefixes: [],
  allowedNames: [],
};

const keys: Readonly<Record<keyof HeaderSettings, string>> = {
  usernameHeaders: "requestheader-username-headers",
  uidHeaders: "requestheader-uid-headers",
  groupHeaders: "requestheader-group-headers",
  extraHeaderPrefixes: "requestheader-extra-headers-prefix",
  allowedNames: "requestheader-allowed-names",
};

/** All or nothing: one bad value, and the old settings stay together. */
export type SettingsReading =
  | { readonly settings: HeaderSettings }
  | { readonly settings: undefined; readonly problems: readonly string[] };

export function readHeaderSettings(data: Readonly<Record<string, string>>): SettingsReading {
  const problems: string[] = [];
  const read = (field: keyof HeaderSettings): readonly string[] => {
    const key = keys[field];
    const list = stringList(textOf(data, key));
    if (list === undefined) problems.push(`${key} is not a JSON list of strings: ${JSON.stringify(textOf(data, key))}`);
    return list ?? [];
  };
  const settings: HeaderSettings = {
    usernameHeaders: read("usernameHeaders"),
    uidHeaders: read("uidHeaders"),
    groupHeaders: read("groupHeaders"),
    extraHeaderPrefixes: read("extraHeaderPrefixes"),
    allowedNames: read("allowedNames"),
  };
  return problems.length === 0 ? { settings } : { settings: undefined, problems };
}

/** True in the form that a kube-apiserver without aggregation layer writes. */
export function hasNoRequestHeader(data: Readonly<Record<string, string>>): boolean {
  return [requestHeaderAuthorityKey, ...Object.values(keys)].every((key) => textOf(data, key) === "");
}

export function textOf(data: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(data, key) ? (data[key] ?? "") : "";
}

/** As Go decodes a `[]string`: nothing and `null` are no strings, a `null` inside is an empty one. */
function stringList(json: string): readonly string[] | undefined {
  if (json === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const strings = value.map((entry: unknown) =>
    entry === null ? "" : typeof entry === "string" ? entry.toWellFormed() : undefined,
  );
  return strings.every((text) => text !== undefined) ? strings : undefined;
}
