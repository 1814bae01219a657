/** Flags over the ConfigMap: two sources of trust in one. */
import { NoticeBoard } from "./trust-notices.ts";
import { sharedAuthority } from "./trust-warnings.ts";
import type { Trust, TrustSource } from "./trust.ts";

/**
 * Each part from `over` where it says something, else from `under`. A requestheader CA file, for example, brings its own
 * header names and takes none from the ConfigMap.
 *
 * One CA for users and the front proxy is told when it comes together here, with the next request.
 */
export function layeredTrust(over: TrustSource, under: TrustSource): TrustSource {
  const board = new NoticeBoard((notice) => (over.onNotice ?? under.onNotice)?.(notice));
  let upper: Trust | undefined;
  let lower: Trust | undefined;
  let layered: Trust = { requestHeader: undefined, clientAuthorities: undefined };
  return {
    current() {
      const [nowUpper, nowLower] = [over.current(), under.current()];
      if (nowUpper !== upper || nowLower !== lower) {
        upper = nowUpper;
        lower = nowLower;
        layered = {
          requestHeader: upper.requestHeader ?? lower.requestHeader,
          clientAuthorities: upper.clientAuthorities ?? lower.clientAuthorities,
        };
        // Of parts that come from one source, that source has spoken.
        const isMixed = (upper.requestHeader === undefined) !== (upper.clientAuthorities === undefined);
        board.post(isMixed ? sharedAuthority(layered) : []);
      }
      return layered;
    },
  };
}
