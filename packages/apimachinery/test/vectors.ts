/** Binds this package to the golden vectors. */
import { same, type AreaBinding, type VectorCase, type VectorFile, type Verdict } from "@kubemetrics/conformance";
import {
  ApimachineryError,
  FieldSelector,
  formatDuration,
  durationFromJson,
  labelSelectorFromObject,
  labelSelectorObjectText,
  labelsFrom,
  microTimeFromJson,
  microTimeToJson,
  parseDuration,
  parseFieldSelector,
  parseLabelSelector,
  requireSupportedFields,
  timeFromJson,
  timeToJson,
  isZeroTime,
  type Instant,
  type LabelSelector,
  type LabelSelectorObject,
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
      const safe = ns <= Number.MAX_SAFE_INTEGER && ns >= Number.MIN_SAFE_INTEGER;
      return same(
        { str: test["str"], json: test["json"], asNumber: test["str"] },
        { str: text, json: JSON.stringify(text), asNumber: safe ? formatDuration(Number(ns)) : text },
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
      return same(expectedFields(test, ["json", "micro", "isZero"]), {
        json: JSON.stringify(timeToJson(time)),
        micro: JSON.stringify(microTimeToJson(time)),
        isZero: isZeroTime(time),
      });
    }
    default:
      return timeJson(test);
  }
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

export const areas: readonly AreaBinding[] = [
  { area: "label-selector", check: labelSelector },
  { area: "field-selector", check: fieldSelector },
  { area: "duration-time", check: durationTime },
];
