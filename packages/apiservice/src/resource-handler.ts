/** Serves resources: which verb, which form, and what the answer becomes. */
import { badRequest, methodNotSupported, notAcceptable, SelectorInvalid, StatusError } from "@kubemetrics/apimachinery";
import type { CompressedSegments } from "./compression.ts";
import { convertedReply } from "./converted-reply.ts";
import { DispatchedRequest } from "./dispatched-request.ts";
import type { Exchange } from "./exchange.ts";
import { readListOptions } from "./list-options.ts";
import { mediaTypes } from "./negotiation.ts";
import { whenReady, type MaybePromise, type Reply } from "./reply.ts";
import { readBody } from "./request-body.ts";
import type { ResourceAnswer } from "./resource-answer.ts";
import { defaultPatchTypes, type RequestBody } from "./resource.ts";
import type { ResourceTarget } from "./served-resource.ts";
import { errorReply, statusReply, type ErrorForm } from "./status-reply.ts";
import { listSelection, requireNoDeletionSelection, watchSelection } from "./unapplied-selectors.ts";
import { watchForm } from "./watch-form.ts";
import { watchReply, type WatchSettings } from "./watch-reply.ts";

export interface ResourceSettings extends Omit<WatchSettings, "show" | "sends"> {
  readonly maxBodyBytes: number;
  /** Compressed forms of segments seen before. */
  readonly compressed: CompressedSegments;
}

/** StatusErrors become answers, selectors that make no sense 400; anything else thrown is the panic filter's. */
export function serveResource(
  target: ResourceTarget,
  exchange: Exchange,
  settings: ResourceSettings,
): MaybePromise<Reply> {
  const failed = (error: unknown): Reply => {
    const { formats } = target.served;
    if (error instanceof StatusError) return errorReply(exchange, error, { formats });
    if (error instanceof SelectorInvalid)
      return errorReply(exchange, badRequest((error as Error).message), { formats });
    throw error;
  };
  try {
    const reply = dispatch(target, exchange, settings);
    return reply instanceof Promise ? reply.catch(failed) : reply;
  } catch (error) {
    return failed(error);
  }
}

function dispatch(target: ResourceTarget, exchange: Exchange, settings: ResourceSettings): MaybePromise<Reply> {
  const { served, name } = target;
  const isCollection = name === undefined;
  const verb = verbOf(exchange.method, target);
  if (verb === undefined) return methodNotAllowed(exchange, served);
  const refused = (isCollection ? served.collectionTypes : served.itemTypes).refusal(exchange, served);
  if (refused !== undefined) return refused;
  const chosen = served.negotiator.choose(exchange.known.accept);
  if (chosen === undefined) throw notAcceptable(served.formats.map((format) => mediaTypes[format]));

  const { definition } = served;
  const answer = (given: MaybePromise<ResourceAnswer>): MaybePromise<Reply> =>
    whenReady(given, (ready) => convertedReply(ready, chosen, served, exchange, settings.compressed));
  switch (verb) {
    case "get":
      return answer(definition.get?.(new DispatchedRequest(target, exchange, "", "")) ?? unsupported(target, verb));
    case "list":
      return listOrWatch(target, exchange, settings, answer);
    default:
      return whenReady(readBody(exchange, bodyTypes(target, verb), settings.maxBodyBytes), (body) =>
        answer(write(target, exchange, verb, body)),
      );
  }
}

type Verb = "get" | "list" | "create" | "update" | "patch" | "delete" | "deletecollection";

const collectionVerbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["GET", "list"],
  ["POST", "create"],
  ["DELETE", "deletecollection"],
]);
const itemVerbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["GET", "get"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
]);

/** `undefined`: this resource has no such method here. */
function verbOf(method: string, { served, name, namespace }: ResourceTarget): Verb | undefined {
  const { definition } = served;
  const verb = (name === undefined ? collectionVerbs : itemVerbs).get(method);
  const isEveryNamespace = definition.namespaced && namespace === undefined;
  switch (verb) {
    case "get":
      return definition.get === undefined ? undefined : verb;
    case "list":
      return definition.list === undefined && definition.watch === undefined ? undefined : verb;
    case "create":
      return definition.create === undefined || isEveryNamespace ? undefined : verb;
    case "update":
      return definition.update === undefined ? undefined : verb;
    case "patch":
      return definition.patch === undefined ? undefined : verb;
    case "delete":
      return definition.delete === undefined ? undefined : verb;
    case "deletecollection":
      return definition.deleteCollection === undefined || isEveryNamespace ? undefined : verb;
    case undefined:
      return undefined;
  }
}

function listOrWatch(
  target: ResourceTarget,
  exchange: Exchange,
  settings: ResourceSettings,
  answer: (given: MaybePromise<ResourceAnswer>) => MaybePromise<Reply>,
): MaybePromise<Reply> {
  const options = readListOptions(exchange.info.query);
  const request = new DispatchedRequest(target, exchange, options.labelSelector, options.fieldSelector);
  const { definition } = target.served;
  if (!options.watch) {
    const selected = listSelection(target.served, request);
    const list = definition.list?.(request) ?? unsupported(target, "list");
    return answer(selected === undefined ? list : whenReady(list, selected));
  }
  if (definition.watch === undefined) return unsupported(target, "watch");
  const streamed = target.served.watchNegotiator.choose(exchange.known.accept);
  if (streamed === undefined) throw notAcceptable([`${mediaTypes.json};stream=watch`]);
  const show = watchForm(streamed.as, target.served, exchange.info.query);
  const sends = watchSelection(target.served, request);
  return watchReply(definition.watch(request), options.timeoutSeconds, exchange, { ...settings, show, sends });
}

function write(
  target: ResourceTarget,
  exchange: Exchange,
  verb: Verb,
  body: RequestBody | undefined,
): MaybePromise<ResourceAnswer> {
  const { definition } = target.served;
  const { labelSelector, fieldSelector } =
    verb === "deletecollection" ? readListOptions(exchange.info.query) : noSelectors;
  const request = new DispatchedRequest(target, exchange, labelSelector, fieldSelector);
  if (verb === "delete") return definition.delete?.(request, body) ?? unsupported(target, verb);
  if (verb === "deletecollection") {
    requireNoDeletionSelection(target.served, request);
    return definition.deleteCollection?.(request, body) ?? unsupported(target, verb);
  }
  if (body === undefined) throw badRequest("the request has no body");
  if (verb === "create") return definition.create?.(request, body) ?? unsupported(target, verb);
  if (verb === "update") return definition.update?.(request, body) ?? unsupported(target, verb);
  return definition.patch?.(request, body) ?? unsupported(target, verb);
}

const noSelectors = { labelSelector: "", fieldSelector: "" };

/** The first is what a body without `Content-Type` is taken for, except for patches, which must say what they are. */
function bodyTypes({ served }: ResourceTarget, verb: Verb): readonly string[] {
  if (verb !== "patch") return [mediaTypes.json];
  return ["", ...(served.definition.patchTypes ?? defaultPatchTypes)];
}

function unsupported({ served }: ResourceTarget, verb: string): never {
  throw methodNotSupported({ group: served.group, resource: served.definition.name }, verb);
}

/** 405 of the router: no route of this method. */
export function methodNotAllowed(exchange: Pick<Exchange, "known" | "info">, form: ErrorForm = {}): Reply {
  const message = "the server does not allow this method on the requested resource";
  return statusReply(
    exchange,
    { status: "Failure", message, reason: "MethodNotAllowed", details: {}, code: 405 },
    form,
  );
}

/** 404 of the router inside a served group. */
export function notServed(exchange: Pick<Exchange, "known" | "info">): Reply {
  const message = "the server could not find the requested resource";
  return statusReply(exchange, { status: "Failure", message, reason: "NotFound", details: {}, code: 404 });
}
