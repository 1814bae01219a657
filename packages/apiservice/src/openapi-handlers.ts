/** Serves `/openapi/v2` and `/openapi/v3`. Ready from the first second: a 404 would stick in kube-aggregator. */
import { goJson } from "@kubemetrics/apimachinery";
import { hashOf } from "./aggregated-discovery.ts";
import type { Exchange } from "./exchange.ts";
import type { Handler } from "./filter.ts";
import { openApiV2 } from "./openapi-v2.ts";
import { openApiV3, type OpenApiInfo } from "./openapi-document.ts";
import type { Reply } from "./reply.ts";
import { notServed } from "./resource-handler.ts";
import type { ApiGroup } from "./resource.ts";

export interface OpenApiHandlers {
  readonly v2: Handler;
  readonly v3: Handler;
  /** Everything below `/openapi/v3/`. */
  readonly v3Documents: Handler;
}

const v3Prefix = "/openapi/v3/";
/** Under a URL that carries the right hash, the document can never change. */
const forever = { "cache-control": "public, immutable, max-age=31536000" };

export function openApiHandlers(info: OpenApiInfo, groups: readonly ApiGroup[]): OpenApiHandlers {
  const documents = groups.flatMap((group) =>
    group.versions.map((version) => ({
      path: `apis/${group.name}/${version.version}`,
      json: openApiV3(info, group.name, version),
    })),
  );
  const byPath = new Map(documents.map(({ path, json }) => [path, new TaggedDocument(json)]));
  const index = new TaggedDocument({
    paths: Object.fromEntries(
      [...byPath].map(([path, { hash }]) => [path, { serverRelativeURL: `${v3Prefix}${path}?hash=${hash}` }]),
    ),
  });
  const v2 = new TaggedDocument(
    openApiV2(
      info,
      documents.map(({ json }) => json),
    ),
  );
  return {
    v2: (exchange) => (acceptsJson(exchange.known.accept) ? v2.reply(exchange) : notAcceptable),
    v3: (exchange) => index.reply(exchange),
    v3Documents(exchange) {
      const document = byPath.get(exchange.info.path.slice(v3Prefix.length));
      if (document === undefined) return notServed(exchange);
      const isCurrent = exchange.info.query.get("hash") === document.hash;
      return document.reply(exchange, isCurrent ? forever : undefined);
    },
  };
}

const vary = { vary: "Accept" };
const notAcceptable: Reply = { status: 406, headers: vary };

function acceptsJson(accept: string): boolean {
  if (accept === "") return true;
  return accept.split(",").some((clause) => {
    const name = clause.split(";", 1)[0]?.trim() ?? "";
    return name === "*/*" || name === "application/*" || name === "application/json";
  });
}

class TaggedDocument {
  readonly hash: string;
  readonly #bytes: Uint8Array;

  constructor(json: Readonly<Record<string, unknown>>) {
    this.#bytes = Buffer.from(goJson(json));
    this.hash = hashOf(this.#bytes);
  }

  reply({ known }: Pick<Exchange, "known">, extra?: Readonly<Record<string, string>>): Reply {
    const headers = { ...vary, ...extra, etag: `"${this.hash}"` };
    if (known.ifNoneMatch === `"${this.hash}"`) return { status: 304, headers };
    return { status: 200, headers: { ...headers, "content-type": "application/json" }, segments: [this.#bytes] };
  }
}
