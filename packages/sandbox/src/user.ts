/** Who sends a request. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

export const anonymous: User = {
  name: "system:anonymous",
  uid: "",
  groups: ["system:unauthenticated"],
  extra: new Map(),
};

/** A user as authentication makes it: `system:authenticated` is added, as every API server does. */
export function authenticatedUser(
  name: string,
  groups: readonly string[],
  uid = "",
  extra: ReadonlyMap<string, readonly string[]> = new Map(),
): User {
  return {
    name,
    uid,
    extra,
    groups: groups.includes("system:authenticated") ? groups : [...groups, "system:authenticated"],
  };
}

export function serviceAccountUserName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): readonly string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}
