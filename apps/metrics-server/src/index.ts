// ---- running it ----
export { startMetricsServer, type MetricsServerDependencies, type RunningMetricsServer } from "./metrics-server.ts";

// ---- options ----
export { readCommandLine, type CommandLine } from "./options-from-flags.ts";
export {
  defaultOptions,
  type AuditOptions,
  type AuthenticationOptions,
  type AuthorizationOptions,
  type KubeletOptions,
  type LimitOptions,
  type LoggingOptions,
  type MetricsServerOptions,
  type ServingOptions,
} from "./options.ts";
export { FlagsInvalid } from "./parse-flags.ts";
export { version } from "./version.ts";
