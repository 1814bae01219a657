/** Trust from ConfigMap `extension-apiserver-authentication`, now and after each change of it. */
import { isDeepStrictEqual } from "node:util";
import { parseBundle, type Bundle } from "@kubemetrics/x509";
import type { ConfigMapSource, ConfigMapState } from "./config-map-source.ts";
import {
  clientAuthorityKey,
  hasNoRequestHeader,
  noHeaderSettings,
  readHeaderSettings,
  requestHeaderAuthorityKey,
  textOf,
  type HeaderSettings,
} from "./internal/config-map-data.ts";
import { NoticeBoard, type TrustNotice } from "./trust-notices.ts";
import { trustWarnings } from "./trust-warnings.ts";
import type { Trust, TrustSource } from "./trust.ts";

export interface ConfigMapTrustOptions {
  readonly source: ConfigMapSource;
  /** Called once for each thing an operator should know. */
  readonly onNotice: (notice: TrustNotice) => void;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
}

const mapName = "ConfigMap kube-system/extension-apiserver-authentication";

/**
 * Follows the ConfigMap. What was good stays in force until something better arrives: a deleted map, an empty or
 * broken bundle, a setting that is no JSON list change nothing, and are said.
 *
 * @see k8s.io/apiserver `dynamiccertificates` ConfigMapCAController, `headerrequest` RequestHeaderAuthRequestController
 */
export class ConfigMapTrust implements TrustSource {
  /** Resolves with the first answer about the map, good or bad. Then `problem` says which. */
  readonly answered: Promise<void>;
  readonly onNotice: (notice: TrustNotice) => void;
  readonly #clock: () => number;
  readonly #board: NoticeBoard;
  readonly #unsubscribe: () => void;
  readonly #requestHeaderBundle = new LastGoodBundle(requestHeaderAuthorityKey);
  readonly #clientBundle = new LastGoodBundle(clientAuthorityKey);
  #settings: HeaderSettings = noHeaderSettings;
  #trust: Trust = { requestHeader: undefined, clientAuthorities: undefined };
  /** What the last content of the map gave rise to, and why the map cannot be read now. */
  #notices: readonly TrustNotice[] = [];
  #trouble: TrustNotice | undefined;
  #problem: string | undefined = `${mapName} was not read yet`;

  constructor({ source, onNotice, clock = Date.now }: ConfigMapTrustOptions) {
    this.#clock = clock;
    this.onNotice = onNotice;
    this.#board = new NoticeBoard(onNotice);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.answered = promise;
    this.#unsubscribe = source.subscribe((state) => {
      this.#take(state);
      resolve();
    });
  }

  current(): Trust {
    return this.#trust;
  }

  /**
   * Why nothing could be read so far, for the start of a server and for `/readyz`. `undefined` from the first time that
   * the map was read or known not to exist: a later failure leaves what is in force.
   */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks at the clock again: certificate authorities expire without any change. Once an hour is plenty. */
  recheck(): void {
    this.#say(this.#trust);
  }

  /** Ends the subscription. What is in force stays so. */
  close(): void {
    this.#unsubscribe();
  }

  #take(state: ConfigMapState): void {
    const before = this.#trust;
    if (state.kind === "present") {
      this.#notices = this.#takeData(state.data);
      this.#trouble = undefined;
    } else {
      this.#trouble = noticeOf(state);
      if (state.kind === "absent") this.#problem = undefined;
      else if (this.#problem !== undefined) this.#problem = this.#trouble.message;
    }
    this.#say(before);
  }

  #takeData(data: Readonly<Record<string, string>>): readonly TrustNotice[] {
    const notices: TrustNotice[] = [];
    const reading = readHeaderSettings(data);
    const settings = reading.settings ?? this.#settings;
    if (reading.settings === undefined) {
      const message = `${mapName}: ${reading.problems.join("; ")}; the last good header settings stay in force until kube-apiserver's --requestheader-* flags are put right`;
      notices.push({ code: "BAD_VALUE", message });
      if (this.#problem !== undefined) this.#problem = message;
    } else {
      this.#problem = undefined;
    }
    if (hasNoRequestHeader(data) && this.#requestHeaderBundle.bundle === undefined) notices.push(noAggregation);
    else notices.push(...this.#requestHeaderBundle.take(data));
    notices.push(...this.#clientBundle.take(data));
    const authorities = this.#requestHeaderBundle.bundle;
    const clientAuthorities = this.#clientBundle.bundle;
    // The object's identity is what verdicts are kept by, so an update that changes nothing must not be a new one.
    const isSame =
      isDeepStrictEqual(settings, this.#settings) &&
      authorities === this.#trust.requestHeader?.authorities &&
      clientAuthorities === this.#trust.clientAuthorities;
    if (!isSame) this.#trust = { requestHeader: { ...settings, authorities }, clientAuthorities };
    this.#settings = settings;
    return notices;
  }

  #say(before: Trust): void {
    const warnings = trustWarnings(this.#trust, this.#clock(), before);
    this.#board.post([...(this.#trouble === undefined ? [] : [this.#trouble]), ...this.#notices, ...warnings]);
  }
}

/** A bundle that is replaced only by a usable one. */
class LastGoodBundle {
  bundle: Bundle | undefined;
  readonly #key: string;
  #text = "";

  constructor(key: string) {
    this.#key = key;
  }

  take(data: Readonly<Record<string, string>>): readonly TrustNotice[] {
    const text = textOf(data, this.#key);
    const rest = this.bundle === undefined ? "certificates below it say nothing" : "the last good one stays in force";
    if (text === "") {
      const message = `${mapName} has no ${this.#key}: ${rest} until kube-apiserver is started with --${this.#key}`;
      return [{ code: "NO_BUNDLE", message }];
    }
    if (text === this.#text) return [];
    try {
      this.bundle = parseBundle(text);
      this.#text = text;
      return [];
    } catch (error) {
      const message = `${mapName}, ${this.#key}: ${error instanceof Error ? error.message : String(error)}; ${rest}`;
      return [{ code: "BAD_VALUE", message }];
    }
  }
}

const noAggregation: TrustNotice = {
  code: "NO_REQUEST_HEADER",
  message: `${mapName} has no requestheader-client-ca-file: kube-apiserver has no aggregation layer, so requests through it cannot be authenticated; start it with the --requestheader-* and --proxy-client-* flags`,
};

function noticeOf(state: Exclude<ConfigMapState, { kind: "present" }>): TrustNotice {
  if (state.kind === "absent") {
    return {
      code: "ABSENT",
      message: `${mapName} does not exist: until kube-apiserver writes it, what was read before stays in force and nothing else is trusted`,
    };
  }
  if (state.kind === "failed") {
    return {
      code: "UNREADABLE",
      message: `${mapName} cannot be read: ${state.message}; what was read before stays in force, reading is retried`,
    };
  }
  return {
    code: "FORBIDDEN",
    message: `${mapName} may not be read: a RoleBinding to Role extension-apiserver-authentication-reader is missing; create it with: ${bindingCommand(state.message)} (${state.message})`,
  };
}

/** The API server's refusal names the user that lacks the binding. */
function bindingCommand(refusal: string): string {
  const user = /\bUser "([^"]+)"/.exec(refusal)?.[1];
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user ?? "") ?? [];
  const subject =
    account !== undefined
      ? `--serviceaccount=${namespace}:${account}`
      : user !== undefined
        ? `--user=${user}`
        : "--serviceaccount=YOUR_NAMESPACE:YOUR_SERVICEACCOUNT";
  const name = `${account ?? "extension-apiserver"}-auth-reader`;
  return `kubectl create rolebinding ${name} -n kube-system --role=extension-apiserver-authentication-reader ${subject}`;
}
