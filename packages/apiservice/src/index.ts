// The server
export type {
  Clock,
  CloseOptions,
  ExtensionServer,
  ExtensionServerOptions,
  Limits,
  Log,
  MetricsPage,
  ServingPair,
  TlsOptions,
  VersionInfo,
} from "./extension-server.ts";

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
export type {
  BodyFormat,
  PartialParts,
  ResourceAnswer,
  TableColumn,
  TableParts,
  TableRow,
} from "./resource-answer.ts";

// Health
export type { HealthCheck, HealthEndpoint } from "./health.ts";
