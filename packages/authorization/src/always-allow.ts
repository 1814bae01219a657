/** Rules that need no question: groups and paths that are always allowed. */
import { AllowedPathInvalid } from "./authorization-error.ts";
import { allowed, noOpinion, type Authorizer } from "./authorizer.ts";

/**
 * Allows members of these groups everything. With `system:masters` in it, the aggregator's availability probe passes
 * while kube-apiserver cannot be asked.
 */
export function allowGroups(groups: readonly string[]): Authorizer {
  const members: ReadonlySet<string> = new Set(groups);
  return { authorize: ({ user }) => (user.groups.some((group) => members.has(group)) ? allowed : noOpinion) };
}

/**
 * Allows everybody, `system:anonymous` included, these paths, for any method. Never for resources.
 *
 * A path matches exactly (`/healthz` is not `/healthz/ping`); one that ends in `*` is a prefix.
 *
 * @throws AllowedPathInvalid when a `*` stands elsewhere
 */
export function allowPaths(paths: readonly string[]): Authorizer {
  const exact = new Set<string>();
  const prefixes: string[] = [];
  for (const path of paths) {
    const bare = withoutSlash(path);
    if (bare.slice(0, -1).includes("*")) {
      throw new AllowedPathInvalid(`always-allowed path ${JSON.stringify(path)}: "*" may only be the last character`);
    }
    if (bare.endsWith("*")) prefixes.push(bare.slice(0, -1));
    else exact.add(bare);
  }
  return {
    authorize({ request }) {
      if (request.isResourceRequest) return noOpinion;
      const path = withoutSlash(request.path);
      return exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix)) ? allowed : noOpinion;
    },
  };
}

function withoutSlash(path: string): string {
  return path.startsWith("/") ? path.slice(1) : path;
}
