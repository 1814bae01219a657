// The server
export { createAggregatedServer, type AggregatedServerOptions, type KubeApiserver } from "./aggregated-server.ts";
export { createExtensionServer } from "./extension-server.ts";
export type {
  CloseOptions,
  ExtensionServer,
  ExtensionServerOptions,
  Limits,
  Log,
  MetricsPage,
  ServingPair,
  TlsOptions,
  VersionInfo,
} from "./server-options.ts";
export type { ObservedRequest, RequestObserver } from "./observer-filter.ts";
export type { DiscoveryVersion } from "./aggregated-discovery.ts";
export type { OpenApiInfo } from "./openapi-document.ts";
export { elapsedMs, systemClock, type Clock } from "./clock.ts";
export { ServingPairFiles, type ServingPairFilesOptions } from "./serving-pair-files.ts";

// Being believed by kube-aggregator
export { ApiServiceRegistration, type ApiServiceRegistrationOptions } from "./api-service-registration.ts";
export type { ApiServiceClient, ApiServiceObject, ApiServicePatch } from "./api-service-client.ts";
export type { ServiceName } from "./api-service-certificate.ts";

// What it serves
export type {
  ApiGroup,
  ApiVersion,
  OpenApiSchemas,
  RequestBody,
  ResourceDefinition,
  ResourceRequest,
  WatchEvent,
} from "./resource.ts";
export type { BodyFormat, PartialParts, ResourceAnswer, TableParts, TableRow } from "./resource-answer.ts";

// Resources from plain objects
export { listAnswer, objectAnswer, type JsonObject, type TableColumns } from "./object-answer.ts";
export { storedResource, type StoredResourceOptions } from "./stored-resource.ts";
export { kindSchemas } from "./kind-schemas.ts";
export type { FieldSchema, KindSchema } from "./field-schema.ts";
export { jsonPatch } from "./json-patch.ts";
export { mergePatch } from "./merge-patch.ts";

// Health
export type { HealthCheck, HealthEndpoint } from "./health.ts";

// Audit
export type { AuditOptions, AuditSink } from "./audit-filter.ts";
export {
  readAuditPolicy,
  type AuditLevel,
  type AuditPolicy,
  type AuditResources,
  type AuditRule,
  type AuditStage,
} from "./audit-policy.ts";
export { RotatingFile, type FileCalls, type RotatingFileOptions } from "./rotating-file.ts";

// Errors
export { ApiserviceError, AuditPolicyInvalid, ServingPairInvalid } from "./apiservice-error.ts";
