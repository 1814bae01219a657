/** Handlers of paths outside the API groups. */
import { goJson } from "@kubemetrics/apimachinery";
import type { Handler } from "./filter.ts";
import { whenReady, type Reply } from "./reply.ts";
import { ProducedTypes } from "./route-accept.ts";
import { getOnly } from "./router.ts";
import type { MetricsPage, VersionInfo } from "./server-options.ts";

/** Indented, as upstream: clients compare texts of it. */
export function versionHandler(version: VersionInfo): Handler {
  const reply: Reply = {
    status: 200,
    headers: { "content-type": "application/json" },
    segments: [Buffer.from(goJson(version, 2))],
  };
  const produced = new ProducedTypes(["application/json"]);
  return getOnly((exchange) => produced.refusal(exchange) ?? reply);
}

/** The page is rendered anew for each request. */
export function metricsHandler(render: (accept: string) => MetricsPage | Promise<MetricsPage>): Handler {
  return ({ known }) =>
    whenReady(render(known.accept), ({ contentType, body }) => ({
      status: 200,
      headers: { "content-type": contentType },
      segments: [typeof body === "string" ? Buffer.from(body) : body],
    }));
}
