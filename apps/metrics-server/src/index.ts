// ---- running it ----
export { startMetricsServer, type MetricsServerDependencies, type RunningMetricsServer } from "./metrics-server.ts";
export { defaultOptions, type MetricsServerOptions } from "./options.ts";
