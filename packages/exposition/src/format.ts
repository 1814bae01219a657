/** The two text formats and how HTTP names them. */

/** `text` is the Prometheus text format 0.0.4, `openmetrics` is OpenMetrics 1.0. */
export type Format = "text" | "openmetrics";

/** Values of the `Content-Type` header. */
export const contentTypes: Readonly<Record<Format, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/**
 * The format a response's `Content-Type` names. Anything that is not OpenMetrics is read as the text format, as Prometheus
 * reads `text/plain`, because many exporters send no or a wrong type.
 */
export function formatOf(contentType: string | undefined): Format {
  return mediaType(contentType ?? "") === "application/openmetrics-text" ? "openmetrics" : "text";
}

/**
 * The format to answer a request's `Accept` header with: OpenMetrics where the client ranks it at least as high as plain
 * text (Prometheus does), else the text format, which everybody reads.
 */
export function negotiateFormat(accept: string | undefined): Format {
  let openMetrics = 0;
  let text = 0;
  for (const part of (accept ?? "").split(",")) {
    const quality = Number(/;\s*q=([0-9.]+)/i.exec(part)?.[1] ?? "1");
    const type = mediaType(part);
    const version = /;\s*version=("?)([0-9.]+)\1/i.exec(part)?.[2] ?? "";
    if (type === "application/openmetrics-text" && (version === "" || /^(0\.0\.1|1\.0\.0)$/.test(version))) {
      openMetrics = Math.max(openMetrics, quality);
    } else if (type === "text/plain" || type === "text/*" || type === "*/*") {
      text = Math.max(text, quality);
    }
  }
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

function mediaType(header: string): string {
  return header.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
