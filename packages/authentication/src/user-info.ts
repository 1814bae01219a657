/** Who a request comes from, as authorization and audit see it. */
export interface UserInfo {
  readonly name: string;
  /** Empty when unknown. */
  readonly uid: string;
  /** In the order they arrived; `system:authenticated` is added last. */
  readonly groups: readonly string[];
  /** Keys as the authenticator gave them, values in order. */
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

const authenticatedGroup = "system:authenticated";
const unauthenticatedGroup = "system:unauthenticated";
const anonymousName = "system:anonymous";

/** Whoever shows no credentials. Still needs authorization for everything. */
export const anonymous: UserInfo = {
  name: anonymousName,
  uid: "",
  groups: [unauthenticatedGroup],
  extra: new Map(),
};

/**
 * Adds `system:authenticated`, which the aggregator's own users come without: they could not even read discovery.
 * A user who is called anonymous, or is in either group already, stays as is.
 */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  const { name, groups } = user;
  if (name === anonymousName || groups.includes(authenticatedGroup) || groups.includes(unauthenticatedGroup))
    return user;
  return { name, uid: user.uid, groups: [...groups, authenticatedGroup], extra: user.extra };
}
