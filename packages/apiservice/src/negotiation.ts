/** Which form of an answer a client gets: media type, conversion, indentation. */
import { parseAccept } from "./accept-clauses.ts";
import type { Exchange } from "./exchange.ts";
import { Remembered } from "./remembered.ts";
import type { BodyFormat } from "./resource-answer.ts";

/** Another kind that the client wants the object shown as. */
export interface Conversion {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
}

export interface Negotiated {
  readonly format: BodyFormat;
  readonly mediaType: string;
  /** Asked for by media type parameter; see {@link wantsPretty} for the other ways. */
  readonly pretty: boolean;
  readonly as: Conversion | undefined;
  readonly stream: string;
  readonly serverVersion: string;
  readonly profile: string;
  readonly exports: boolean;
}

/** What an endpoint can do beyond the plain form. */
export interface Endpoint {
  readonly formats: readonly BodyFormat[];
  allowsConversion(as: Conversion | undefined, format: BodyFormat): boolean;
  readonly serverVersions: readonly string[];
}

export const mediaTypes: Readonly<Record<BodyFormat, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

export const allFormats: readonly BodyFormat[] = ["json", "yaml", "protobuf"];

/** An endpoint without conversions: errors, discovery documents. */
export function plainEndpoint(formats: readonly BodyFormat[]): Endpoint {
  return { formats, allowsConversion: (as) => as === undefined, serverVersions: [] };
}

const metaKinds: ReadonlySet<string> = new Set(["PartialObjectMetadata", "PartialObjectMetadataList"]);

/** A resource: also Table (JSON and YAML) and partial metadata. */
export function resourceEndpoint(formats: readonly BodyFormat[], hasTables: boolean): Endpoint {
  return {
    formats,
    serverVersions: ["v1"],
    allowsConversion(as, format) {
      if (as === undefined) return true;
      if (as.group !== "meta.k8s.io" || (as.version !== "v1" && as.version !== "v1beta1")) return false;
      return as.kind === "Table" ? hasTables && format !== "protobuf" : metaKinds.has(as.kind);
    },
  };
}

/** `undefined`: nothing the client accepts can be sent. Names that are not text by Go's rules never match. */
export function negotiate(accept: string, endpoint: Endpoint): Negotiated | undefined {
  const [preferred] = endpoint.formats;
  if (accept === "") return preferred === undefined ? undefined : plainly(preferred);
  for (const { type, subtype, parameters } of parseAccept(accept)) {
    for (const format of endpoint.formats) {
      if (type !== "*" && type !== "application") continue;
      if (subtype !== "*" && `${type}/${subtype}` !== mediaTypes[format]) continue;
      const chosen = withParameters(format, parameters, endpoint);
      if (chosen !== undefined) return chosen;
    }
  }
  return undefined;
}

function plainly(format: BodyFormat): Negotiated {
  return {
    format,
    mediaType: mediaTypes[format],
    pretty: false,
    as: undefined,
    stream: "",
    serverVersion: "",
    profile: "",
    exports: false,
  };
}

function withParameters(
  format: BodyFormat,
  parameters: ReadonlyMap<string, string>,
  endpoint: Endpoint,
): Negotiated | undefined {
  const parameter = (name: string): string => parameters.get(name) ?? "";
  const stream = parameter("stream");
  if (stream !== "" && (format === "yaml" || stream !== "watch")) return undefined;
  const serverVersion = parameter("sv");
  if (serverVersion !== "" && !endpoint.serverVersions.includes(serverVersion)) return undefined;
  const converts = parameters.has("as") || parameters.has("g") || parameters.has("v");
  const as = converts ? { kind: parameter("as"), group: parameter("g"), version: parameter("v") } : undefined;
  if (!endpoint.allowsConversion(as, format)) return undefined;
  return {
    ...plainly(format),
    pretty: parameter("pretty") === "1",
    as,
    stream,
    serverVersion,
    profile: parameter("profile"),
    exports: parameter("export") === "1",
  };
}

/** {@link negotiate} for one endpoint, with a memory. */
export class Negotiator {
  readonly #chosen: Remembered<Negotiated | undefined>;

  constructor(endpoint: Endpoint) {
    this.#chosen = new Remembered((accept) => negotiate(accept, endpoint));
  }

  choose(accept: string): Negotiated | undefined {
    return this.#chosen.get(accept);
  }
}

const truths: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** Indented JSON: `?pretty` decides; without it, command line tools and browsers get it. */
export function wantsPretty({ info, known }: Pick<Exchange, "info" | "known">): boolean {
  const value = info.query.get("pretty");
  if (value !== undefined && value !== "") return truths.has(value);
  const agent = known.userAgent;
  return agent.startsWith("curl") || agent.startsWith("Wget") || agent.startsWith("Mozilla/5.0");
}
