/** The head of a GET. */
import { validateHeaderValue } from "node:http";
import type { KubeletEndpoint } from "../kubelet-endpoint.ts";

export interface RequestHeadOptions {
  readonly compress: boolean;
  readonly authorization: string | undefined;
}

/**
 * Everything that is sent for a request.
 *
 * @throws an error with code `ERR_UNESCAPED_CHARACTERS` for a path, or `ERR_INVALID_CHAR` for credentials, that could
 * smuggle something into the request
 */
export function requestHead(endpoint: KubeletEndpoint, path: string, options: RequestHeadOptions): string {
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw Object.assign(new Error(`${JSON.stringify(path)} is no path`), { code: "ERR_UNESCAPED_CHARACTERS" });
  }
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${authorityOf(endpoint)}`,
    "User-Agent: kubemetrics",
    "Accept: text/plain;version=0.0.4, application/json;q=0.9",
  ];
  if (options.compress) lines.push("Accept-Encoding: gzip");
  if (options.authorization !== undefined) {
    validateHeaderValue("authorization", options.authorization);
    lines.push(`Authorization: ${options.authorization}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Address and port as in a URL. */
export function authorityOf({ address, port }: KubeletEndpoint): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
