/** What the server proves itself with: files, a certificate of its own, or one that it registers with kube-aggregator. */
import {
  ApiServiceRegistration,
  type Clock,
  type HealthCheck,
  type Log,
  type ServingPair,
} from "@kubemetrics/apiservice";
import { ApiServiceClient, type ClusterConnection } from "@kubemetrics/kube";
import type { ServingOptions } from "./options.ts";
import { ServingCertificate } from "./serving-certificate.ts";
import { repeat, type ReadText } from "./text-files.ts";

export interface ServingIdentity {
  /** To start with. */
  readonly pair: ServingPair;
  /** PEM of what clients may trust now. */
  readonly trustedPem: string;
  readonly health: readonly HealthCheck[];
  /** To be called when a client did not trust the pair. */
  refused(): void;
  /** Follows files, renews, registers; `use` gets every later pair. Returns the end of it. */
  start(use: (pair: ServingPair) => void): () => void;
}

export interface ServingIdentityOptions {
  readonly serving: ServingOptions;
  readonly connection: ClusterConnection;
  readonly readText: ReadText;
  readonly clock: Clock;
  readonly log: Log;
}

const apiServices = ["v1.metrics.k8s.io", "v1beta1.metrics.k8s.io"];

/** @throws when the given files cannot be used */
export async function openServingIdentity(options: ServingIdentityOptions): Promise<ServingIdentity> {
  const { serving, connection, clock, log } = options;
  if (serving.registeredService !== undefined) {
    const client = new ApiServiceClient(connection);
    const registration = new ApiServiceRegistration({
      service: serving.registeredService,
      apiServices,
      client,
      clock,
      log,
    });
    return {
      pair: registration.pair,
      get trustedPem() {
        return registration.authorityPem;
      },
      health: [registration.health],
      refused: () => registration.suspect(),
      start(use) {
        registration.start(use);
        return () => registration.close();
      },
    };
  }
  const certificate = await ServingCertificate.open(options);
  return {
    pair: certificate.current,
    get trustedPem() {
      return certificate.current.certificatePem;
    },
    health: [],
    refused: () => undefined,
    start: (use) => repeat(clock, 10_000, () => certificate.refresh(use)),
  };
}
