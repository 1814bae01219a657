/** What is trusted at a moment, and where that comes from. */
import type { Bundle } from "@kubemetrics/x509";
import type { IdentityHeaders } from "./identity-headers.ts";

/** How the front proxy is recognised and which headers it may set. */
export interface RequestHeaderTrust extends IdentityHeaders {
  /** `undefined`: no usable bundle yet, so nobody is the proxy. */
  readonly authorities: Bundle | undefined;
  /** Empty = any certificate of the authorities. */
  readonly allowedNames: readonly string[];
}

/** Everything that certificates are judged by. Immutable: a change is a new object. */
export interface Trust {
  /** `undefined`: no request-header authentication. */
  readonly requestHeader: RequestHeaderTrust | undefined;
  /** CA of users' client certificates. `undefined`: no usable bundle, so certificates say nothing. */
  readonly clientAuthorities: Bundle | undefined;
}

export interface TrustSource {
  /**
   * What is trusted now. Called for every request, so answer from memory, with the *same object* until something
   * changes: its identity is the generation under which verdicts are kept.
   */
  current(): Trust;
}

/** A source that never changes. */
export function fixedTrust(trust: Partial<Trust>): TrustSource {
  const fixed: Trust = { requestHeader: trust.requestHeader, clientAuthorities: trust.clientAuthorities };
  return { current: () => fixed };
}

/**
 * Two sources in one: each part from `over` where it says something, else from `under`. Flags over the ConfigMap, for
 * example: a requestheader CA file brings its own header names and takes none from the ConfigMap.
 */
export function layeredTrust(over: TrustSource, under: TrustSource): TrustSource {
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
      }
      return layered;
    },
  };
}
