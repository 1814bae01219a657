/** The REST resource of one kind: get and list, in every form a client may ask for. */
import { formatDuration, metadataFields, notFound, StatusError } from "@kubemetrics/apimachinery";
import type {
  BodyFormat,
  ResourceAnswer,
  ResourceDefinition,
  ResourceRequest,
  TableParts,
} from "@kubemetrics/apiservice";
import { cpuText, memoryText } from "@kubemetrics/quantity";
import type { MetricsType } from "../metrics-object.ts";
import { ListCache, type ListCacheOptions } from "./list-cache.ts";
import { encodedItem } from "./list-segment.ts";
import type { ServedUsage } from "./member-source.ts";
import { type KnownMember, metadataOf, type MetricsKind, windowOf } from "./metrics-kind.ts";
import { SelectionCache } from "./selection-cache.ts";
import { readSelectors, selectMembers, type Selectors, selectsUsage } from "./selectors.ts";
import { ServedTimes } from "./served-times.ts";

export interface MetricsResourceOptions extends ListCacheOptions {
  readonly onServed?: ((agesMs: Float64Array) => void) | undefined;
}

/** What a list request selects. */
interface Listed<M> {
  readonly members: readonly M[];
  readonly selectors: Selectors;
  /** Under what the list may be kept; `undefined` when what it holds depends on more than its members. */
  readonly key: string | undefined;
}

/** Serves all versions of a kind: they share their encodings. */
export class MetricsResource<M extends KnownMember, U extends ServedUsage> {
  readonly #kind: MetricsKind<M, U>;
  readonly #options: MetricsResourceOptions;
  readonly #lists: ListCache<M, U>;
  readonly #selections = new SelectionCache<M>();
  readonly #times = new ServedTimes();

  constructor(kind: MetricsKind<M, U>, options: MetricsResourceOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#lists = new ListCache(kind, options);
  }

  definition(apiVersion: string): ResourceDefinition {
    const { resource, kind, isNamespaced } = this.#kind;
    const type = { kind, apiVersion };
    return {
      name: resource,
      singularName: "",
      kind,
      namespaced: isNamespaced,
      verbs: ["get", "list"],
      honoursSelectors: true,
      get: (request) => this.#get(type, request),
      list: (request) => this.#list(type, request),
    };
  }

  #get(type: MetricsType, { namespace, name = "" }: ResourceRequest): ResourceAnswer {
    const { missing, singular, unknown } = this.#kind;
    const member = askCache(`getting ${singular}`, () => this.#kind.member(namespace, name));
    if (member === undefined) throw notFound(unknown, name);
    const usage = this.#kind.usage(member);
    if (usage === undefined) throw notFound(missing, namespace === undefined ? name : `${namespace}/${name}`);
    this.#report((times) => times.addOne(usage.timeMs));
    return {
      body: (format) => [this.#object(type, format, member, usage)],
      table: () => this.#table(type, [member], [usage]),
      partialMetadata: () => ({ kind: "object", metadata: metadataOf(member, usage) }),
    };
  }

  #list(type: MetricsType, request: ResourceRequest): ResourceAnswer {
    const listed = this.#listed(request);
    return {
      body: (format) => {
        const { members, key } = listed;
        const chosen = key === undefined ? this.#served(listed).members : members;
        return this.#report((times) => this.#lists.body(format, key, type, chosen, times));
      },
      table: () => {
        const { members, usages } = this.#served(listed);
        this.#reportUsages(usages);
        return this.#table(type, members, usages);
      },
      partialMetadata: () => {
        const { members, usages } = this.#served(listed);
        this.#reportUsages(usages);
        return { kind: "list", metadata: {}, items: pairs(members, usages, metadataOf) };
      },
    };
  }

  #listed(request: ResourceRequest): Listed<M> {
    const { resource, usageFields } = this.#kind;
    const selectors = readSelectors(request, metadataFields, usageFields);
    const namespace = request.namespace ?? selectors.fields.exactValue("metadata.namespace");
    const all = askCache(`listing ${resource}`, () => this.#kind.members(namespace));
    if (selectors.isEmpty) return { members: all, selectors, key: namespace ?? "" };
    const key = `${namespace ?? ""}\n${request.labelSelector}\n${request.fieldSelector}`;
    const members = this.#selections.selected(key, all, () => selectMembers(all, selectors));
    return { members, selectors, key: selectors.ofUsage.length === 0 ? key : undefined };
  }

  /** The selected members that have usage, with it. */
  #served({ members, selectors }: Listed<M>): { readonly members: readonly M[]; readonly usages: readonly U[] } {
    const served: M[] = [];
    const usages: U[] = [];
    for (const member of members) {
      const usage = this.#kind.usage(member);
      if (usage === undefined || !selectsUsage(selectors, this.#kind.usageField(usage))) continue;
      served.push(member);
      usages.push(usage);
    }
    return { members: served, usages };
  }

  #object(type: MetricsType, format: BodyFormat, member: M, usage: U): Uint8Array {
    const encodings = this.#lists.encodings(format);
    const object = this.#kind.object(member, usage);
    return encodings.codec.object(type, object, () => encodedItem(encodings, member, usage));
  }

  #table(type: MetricsType, members: readonly M[], usages: readonly U[]): TableParts {
    const rows = pairs(members, usages, (member, usage) => {
      const { cpuNanocores, memoryBytes } = this.#kind.total(usage);
      const cells = [member.name, cpuText(cpuNanocores), memoryText(memoryBytes), formatDuration(windowOf(usage))];
      const object = (): Uint8Array => this.#object(type, "json", member, usage);
      return { cells, metadata: metadataOf(member, usage), object };
    });
    return { columns: rows.length === 0 ? [] : columns, rows, metadata: {} };
  }

  #reportUsages(usages: readonly U[]): void {
    this.#report((times) => {
      for (const { timeMs } of usages) times.addOne(timeMs);
    });
  }

  /** Reports the ages of what `serve` puts together. */
  #report<T>(serve: (times: ServedTimes) => T): T {
    this.#times.clear();
    const served = serve(this.#times);
    this.#times.report(this.#options.clock(), this.#options.onServed);
    return served;
  }
}

/** Upstream's sentence for a cache that fails. */
function askCache<T>(doing: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    const message = `failed ${doing}: ${error instanceof Error ? error.message : String(error)}`;
    throw new StatusError({ status: "Failure", message, code: 500 });
  }
}

function pairs<M, U, R>(members: readonly M[], usages: readonly U[], make: (member: M, usage: U) => R): readonly R[] {
  return usages.flatMap((usage, index) => {
    const member = members[index];
    return member === undefined ? [] : [make(member, usage)];
  });
}

/** Upstream shows no columns when there is no row. */
const columns = [
  { name: "Name", type: "string", format: "name", description: "Name of the resource", priority: 0 },
  { name: "cpu", type: "string", format: "quantity", description: "", priority: 0 },
  { name: "memory", type: "string", format: "quantity", description: "", priority: 0 },
  { name: "Window", type: "string", format: "duration", description: "", priority: 0 },
];
