/** Binds this package to the golden vectors. */
import { same, type AreaBinding, type VectorCase, type VectorFile, type Verdict } from "@kubemetrics/conformance";
import {
  ApimachineryError,
  FieldSelector,
  ProtobufWriter,
  alreadyExists,
  badRequest,
  conflict,
  discoveryToJson,
  discoveryToProtobuf,
  durationFromJson,
  expired,
  forbidden,
  formatDuration,
  goJson,
  goYaml,
  gone,
  internalError,
  invalid,
  isZeroTime,
  labelSelectorFromObject,
  labelSelectorObjectText,
  labelsFrom,
  methodNotSupported,
  microTimeFromJson,
  microTimeToJson,
  notAcceptable,
  notFound,
  parseDuration,
  parseFieldSelector,
  parseLabelSelector,
  requestEntityTooLarge,
  requireSupportedFields,
  serverResponse,
  serverTimeout,
  serviceUnavailable,
  statusFor,
  statusToJson,
  statusToProtobuf,
  timeFromJson,
  timeToJson,
  timeout,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
  writeDuration,
  writeMicroTime,
  writeTime,
  type DiscoveryDocument,
  type Instant,
  type LabelSelector,
  type LabelSelectorObject,
  type Status,
} from "@kubemetrics/apimachinery";

/** The error's message under `err`, so that refusals compare like answers. */
function answerOrError<T extends object>(answer: () => T): T | { readonly err: string } {
  try {
    return answer();
  } catch (error) {
    if (error instanceof ApimachineryError) return { err: error.message };
    throw error;
  }
}

function expectedFields(test: VectorCase, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((field) => test[field] !== undefined).map((field) => [field, test[field]]));
}

function labelSelector(test: VectorCase, file: VectorFile): Verdict {
  const structured = test.kind === "structured";
  const object = test["in"] as LabelSelectorObject | null;
  const answer = answerOrError(() => {
    const selector = structured ? labelSelectorFromObject(object) : parseLabelSelector(test["in"] as string);
    return describeLabelSelector(selector, file);
  });
  if (test["err"] === null) return same(true, "err" in answer);
  const expected = expectedFields(test, ["err", "empty", "str", "reqs", "matches"]);
  if (structured && "str" in answer) {
    return same(
      { ...expected, format: test["format"], nothing: test["nothing"] === true },
      { ...answer, format: labelSelectorObjectText(object), nothing: labelSelectorFromObject(object).isNothing },
    );
  }
  return same(expected, answer);
}

function describeLabelSelector(selector: LabelSelector, file: VectorFile): object {
  const sets = (file["labelSets"] as Record<string, string>[]).map(labelsFrom);
  return {
    empty: selector.isEmpty,
    str: selector.toString(),
    reqs: selector.requirements.map(({ key, operator, values }) => ({ key, op: operator, values: [...values] })),
    matches: [...sets.keys()].filter((index) => selector.matches(sets[index]!)),
  };
}

function fieldSelector(test: VectorCase, file: VectorFile): Verdict {
  if (test.kind === "convert") {
    const answer = answerOrError(() => {
      const term = { field: test["label"] as string, operator: "=", value: test["value"] as string } as const;
      requireSupportedFields(new FieldSelector([term]));
      return { ok: [term.field, term.value] };
    });
    return same(expectedFields(test, ["ok", "err"]), answer);
  }
  const answer = answerOrError(() => {
    const selector = parseFieldSelector(test["in"] as string);
    const sets = (file["fieldSets"] as Record<string, string>[]).map((set) => new Map(Object.entries(set)));
    const exactName = selector.exactValue("metadata.name");
    const converted = answerOrError(() => {
      requireSupportedFields(selector);
      return { convert: selector.toString() };
    });
    return {
      empty: selector.isEmpty,
      str: selector.toString(),
      reqs: selector.requirements.map(({ field, operator, value }) => ({ field, op: operator, value })),
      matches: [...sets.keys()].filter((index) => selector.matches(sets[index]!)),
      ...(exactName === undefined ? {} : { exactName }),
      ...("err" in converted ? { convertErr: converted.err } : converted),
    };
  });
  return same(
    expectedFields(test, ["err", "empty", "str", "reqs", "matches", "exactName", "convert", "convertErr"]),
    answer,
  );
}

function durationTime(test: VectorCase): Verdict {
  switch (test.kind) {
    case "duration": {
      const ns = BigInt(test["ns"] as string);
      const text = formatDuration(ns);
      const isSafe = ns <= Number.MAX_SAFE_INTEGER && ns >= Number.MIN_SAFE_INTEGER;
      return same(
        { str: test["str"], json: test["json"], asNumber: test["str"], pb: test["pb"] },
        {
          str: text,
          json: JSON.stringify(text),
          asNumber: isSafe ? formatDuration(Number(ns)) : text,
          pb: message((writer) => writeDuration(writer, 1, ns)),
        },
      );
    }
    case "parseDuration":
      return same(
        expectedFields(test, ["ns", "err"]),
        answerOrError(() => ({ ns: String(parseDuration(test["in"] as string)) })),
      );
    case "durationJSON":
      return durationJson(test);
    case "time": {
      const time: Instant = { seconds: Number(test["seconds"]), nanos: test["nanos"] as number };
      return same(expectedFields(test, ["json", "micro", "isZero", "pb", "microPb"]), {
        json: JSON.stringify(timeToJson(time)),
        micro: JSON.stringify(microTimeToJson(time)),
        isZero: isZeroTime(time),
        pb: message((writer) => writeTime(writer, 1, time)),
        microPb: message((writer) => writeMicroTime(writer, 1, time)),
      });
    }
    default:
      return timeJson(test);
  }
}

/** An embedded message without its tag and (one-byte) length, base64. */
function message(write: (writer: ProtobufWriter) => void): string {
  const writer = new ProtobufWriter();
  write(writer);
  return Buffer.from(writer.finish().subarray(2)).toString("base64");
}

function durationJson(test: VectorCase): Verdict {
  let value: unknown;
  try {
    value = JSON.parse(test["in"] as string);
  } catch {
    return same("string", typeof test["err"]); // The scanner's own texts need not be copied.
  }
  return same(
    expectedFields(test, ["ns", "err"]),
    answerOrError(() => ({ ns: String(durationFromJson(value)) })),
  );
}

function timeJson(test: VectorCase): Verdict {
  const value: unknown = JSON.parse(test["in"] as string);
  const time = answerOrError(() => describeTime(timeFromJson(value), timeToJson));
  const micro = answerOrError(() => describeTime(microTimeFromJson(value), microTimeToJson));
  return same(expectedFields(test, ["time", "timeErr", "micro", "microErr"]), {
    ...("err" in time ? { timeErr: time.err } : { time }),
    ...("err" in micro ? { microErr: micro.err } : { micro }),
  });
}

function describeTime(time: Instant, toJson: (time: Instant) => string | null): object {
  return {
    isZero: isZeroTime(time),
    json: JSON.stringify(toJson(time)),
    nanos: time.nanos,
    seconds: String(time.seconds),
  };
}

/** Status and discovery documents: their JSON is the description. */
function metaDocument(test: VectorCase): Verdict {
  const document: unknown = JSON.parse(test["json"] as string);
  const isStatus = test.kind === "Status";
  const json = isStatus ? statusToJson(document as Status) : discoveryToJson(document as DiscoveryDocument);
  const pb = isStatus ? statusToProtobuf(document as Status) : discoveryToProtobuf(document as DiscoveryDocument);
  return same(expectedFields(test, ["json", "pretty", "yaml", "pb"]), {
    json: `${goJson(json)}\n`,
    pretty: goJson(json, 2),
    yaml: goYaml(json),
    pb: Buffer.from(pb).toString("base64"),
  });
}

const metaKinds: ReadonlySet<string | undefined> = new Set([
  "Status",
  "APIGroup",
  "APIGroupList",
  "APIResourceList",
  "APIVersions",
]);

/** The error answers of handlers, in the form that the recorded answer has: choosing the form is the server's. */
function statusAnswer(test: VectorCase): Verdict {
  const { body, bodyBase64, headers } = test["http"] as RecordedAnswer;
  const status = statusFor(makeError(test["make"] as ErrorDescription));
  const json = statusToJson(status);
  const retryAfter = status.details?.retryAfterSeconds || undefined;
  let actual: string;
  if (bodyBase64 !== undefined) actual = Buffer.from(statusToProtobuf(status)).toString("base64");
  else if (headers["Content-Type"] === "application/yaml") actual = goYaml(json);
  else actual = body?.endsWith("\n") === true ? `${goJson(json)}\n` : goJson(json, 2);
  return same(
    { body: bodyBase64 ?? body, message: test["error"], retryAfter: headers["Retry-After"] },
    { body: actual, message: status.message ?? "", retryAfter: retryAfter?.toString() },
  );
}

interface RecordedAnswer {
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface ErrorDescription {
  readonly make: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly text?: string;
  readonly seconds?: number;
  readonly code?: number;
  readonly types?: readonly string[];
}

function makeError(description: ErrorDescription): Error {
  const { make, group = "", resource = "", name = "", text = "", seconds = 0, types = [], code = 0 } = description;
  const target = { group, resource };
  switch (make) {
    case "NotFound":
      return notFound(target, name);
    case "AlreadyExists":
      return alreadyExists(target, name);
    case "Unauthorized":
      return unauthorized(text);
    case "Forbidden":
      return forbidden(target, name, text);
    case "Conflict":
      return conflict(target, name, text);
    case "Gone":
      return gone(text);
    case "ResourceExpired":
      return expired(text);
    case "BadRequest":
      return badRequest(text);
    case "TooManyRequests":
      return tooManyRequests(text, seconds);
    case "ServiceUnavailable":
      return serviceUnavailable(text);
    case "MethodNotSupported":
      return methodNotSupported(target, text);
    case "ServerTimeout":
      return serverTimeout(target, text, seconds);
    case "InternalError":
      return internalError(text);
    case "Timeout":
      return timeout(text, seconds);
    case "RequestEntityTooLarge":
      return requestEntityTooLarge(text);
    case "NotAcceptable":
      return notAcceptable(types);
    case "UnsupportedMediaType":
      return unsupportedMediaType(types);
    case "Invalid":
      return invalid({ group, kind: resource }, name, [
        { type: "FieldValueForbidden", field: "spec.x", detail: text },
        { type: "FieldValueRequired", field: "y[1]" },
      ]);
    case "Generic":
    case "GenericUnexpected":
      return serverResponse({
        code,
        verb: "GET",
        resource: target,
        name,
        retryAfterSeconds: seconds,
        message: text,
        isStatus: make === "Generic",
      });
    default:
      return new Error(text);
  }
}

export const areas: readonly AreaBinding[] = [
  { area: "label-selector", check: labelSelector },
  { area: "field-selector", check: fieldSelector },
  { area: "duration-time", check: durationTime },
  { area: "metrics-objects", covers: (test) => metaKinds.has(test.kind), check: metaDocument },
  { area: "forbidden-text", covers: (test) => test.kind === "status", check: statusAnswer },
];
