/** Whose certificates and identity headers count: files that flags name, over the cluster's authentication ConfigMap. */
import type { Clock, Log } from "@kubemetrics/apiservice";
import {
  ConfigMapTrust,
  fixedTrust,
  layeredTrust,
  TrustFiles,
  type TrustNotice,
  type TrustSource,
} from "@kubemetrics/authentication";
import { authenticationConfigMap, ConfigMapCache, type ClusterConnection } from "@kubemetrics/kube";
import type { AuthenticationOptions } from "./options.ts";
import { repeat, type ReadText } from "./text-files.ts";

export interface ServingTrustOptions {
  readonly authentication: AuthenticationOptions;
  readonly connection: ClusterConnection;
  readonly readText: ReadText;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

export interface ServingTrust {
  readonly source: TrustSource;
  /** Why nobody that comes through the aggregator is recognised yet; `undefined` when that is settled. */
  problem(): string | undefined;
  close(): Promise<void>;
}

const rereadMs = 10_000;
const hourMs = 3_600_000;

/** @throws TrustConfigurationInvalid when a file that a flag names cannot be used */
export async function openServingTrust(options: ServingTrustOptions): Promise<ServingTrust> {
  const { authentication, clock } = options;
  const files = await openFiles(options);
  const over = files ?? fixedTrust({});
  const stops = files === undefined ? [] : [repeat(clock, rereadMs, () => files.reload())];
  if (authentication.skipLookup) {
    return {
      source: over,
      problem: () => undefined,
      async close() {
        for (const stop of stops) stop();
      },
    };
  }
  const { connection, random } = options;
  const cache = new ConfigMapCache(connection, authenticationConfigMap, { clock, random });
  const trust = new ConfigMapTrust({
    source: cache,
    onNotice: (notice) => say(options.log, notice),
    clock: () => clock.now(),
  });
  cache.start();
  stops.push(repeat(clock, hourMs, () => trust.recheck()));
  return {
    source: layeredTrust(over, trust),
    problem: () => (authentication.tolerateLookupFailure ? undefined : trust.problem),
    async close() {
      for (const stop of stops) stop();
      trust.close();
      await cache.close();
    },
  };
}

async function openFiles({
  authentication,
  readText,
  clock,
  log,
}: ServingTrustOptions): Promise<TrustFiles | undefined> {
  const { clientCaFile, requestHeaderClientCaFile } = authentication;
  if (clientCaFile === "" && requestHeaderClientCaFile === "") return undefined;
  return TrustFiles.open({
    ...(clientCaFile !== "" && { clientAuthorityFile: clientCaFile }),
    ...(requestHeaderClientCaFile !== "" && {
      requestHeader: {
        authorityFile: requestHeaderClientCaFile,
        allowedNames: authentication.requestHeaderAllowedNames,
        usernameHeaders: authentication.requestHeaderUsernameHeaders,
        uidHeaders: authentication.requestHeaderUidHeaders,
        groupHeaders: authentication.requestHeaderGroupHeaders,
        extraHeaderPrefixes: authentication.requestHeaderExtraPrefixes,
      },
    }),
    readFile: readText,
    onNotice: (notice) => say(log, notice),
    clock: () => clock.now(),
  });
}

function say(log: Log, { code, message }: TrustNotice): void {
  log.warn({ code }, message);
}
