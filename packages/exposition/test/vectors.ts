/** Binds the strict reader to the recorded answers of Prometheus' own parsers. */
import { type AreaBinding, type Check, type Deviation, same, type VectorCase } from "@kubemetrics/conformance";
import { type Entry, type Format, PageInvalid, readEntries } from "../src/index.ts";
import { goFloat } from "../src/internal/go-float.ts";

/** A recorded entry: see the vector files' schema. */
interface RecordedEntry {
  readonly k: string;
  readonly l?: readonly (readonly [string, string])[];
  readonly v?: string;
  readonly t?: string;
  readonly st?: string;
  readonly name?: string;
  readonly text?: string;
  readonly exemplars?: readonly unknown[];
}

interface Answer {
  readonly ok: boolean;
  readonly entries: readonly RecordedEntry[];
}

/** The page of a case, as bytes. */
export function pageOf(test: VectorCase): Buffer {
  if (typeof test["pageB64"] === "string") return Buffer.from(test["pageB64"], "base64");
  return Buffer.from((test["page"] as string | undefined) ?? "");
}

/** What the strict reader answers, in the recorded form. */
export function answer(test: VectorCase, format: Format): Answer {
  const entries: RecordedEntry[] = [];
  try {
    for (const entry of readEntries(pageOf(test), { format })) entries.push(recorded(entry));
    return { ok: true, entries };
  } catch (error) {
    if (!(error instanceof PageInvalid)) throw error;
    return { ok: false, entries };
  }
}

function recorded(entry: Entry): RecordedEntry {
  if (entry.kind === "comment") return { k: "comment", text: entry.text };
  if (entry.kind === "type") return { k: "type", name: entry.name, text: entry.type };
  if (entry.kind !== "sample") return { k: entry.kind, name: entry.name, text: entry.text };
  const { exemplar } = entry;
  return {
    k: "series",
    l: sorted(new Map(entry.labels).set("__name__", entry.name)),
    v: goFloat(entry.value),
    ...time("t", entry.timestampMs),
    ...time("st", entry.startTimestampMs),
    ...(exemplar === undefined
      ? {}
      : {
          exemplars: [{ l: sorted(exemplar.labels), v: goFloat(exemplar.value), ...time("t", exemplar.timestampMs) }],
        }),
  };
}

function sorted(labels: ReadonlyMap<string, string>): [string, string][] {
  return [...labels].toSorted(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

function time(key: "t" | "st", milliseconds: number | undefined): { t?: string; st?: string } {
  return milliseconds === undefined ? {} : { [key]: BigInt(milliseconds).toString() };
}

function recordedAnswer(test: VectorCase, field: string): Answer {
  const { ok, entries } = test[field] as Answer;
  return { ok, entries };
}

function check(field: string, format: Format): Check {
  return (test) => same(recordedAnswer(test, field), answer(test, format));
}

function defect(test: VectorCase, words: string): boolean {
  return typeof test.upstreamDefect === "string" && test.upstreamDefect.includes(words);
}

/** A `_created` line, which has the value of a start time. Gauges may end their names so too, but then have small values. */
function isCreatedSeries(entry: RecordedEntry): boolean {
  return entry.k === "series" && nameOf(entry).endsWith("_created") && Number(entry.v) > 1e9;
}

function nameOf(entry: RecordedEntry): string {
  return entry.l?.find(([name]) => name === "__name__")?.[1] ?? "";
}

/** What a sample and its start time share. */
function seriesKey(entry: RecordedEntry): string {
  const family = nameOf(entry).replace(/_(?:total|created|bucket|sum|count)$/, "");
  return JSON.stringify([family, entry.l?.filter(([name]) => !["__name__", "le", "quantile"].includes(name))]);
}

/** The page is refused, after the same entries up to the faulty line. */
function refused(field: string, format: Format): Check {
  return (test) => {
    const { ok, entries } = answer(test, format);
    const before = recordedAnswer(test, field).entries.slice(0, entries.length);
    return same({ ok: false, entries: before }, { ok, entries });
  };
}

function labelTwice(field: string, format: Format): Deviation {
  return {
    name: "a-label-is-given-once",
    reason:
      "two values of one label have no meaning; Prometheus refuses such a series a step later, client libraries at once",
    applies: (test) => defect(test, "given twice"),
    check: refused(field, format),
  };
}

export const areas: readonly AreaBinding[] = [
  {
    area: "exposition-text",
    check: check("prom", "text"),
    deviations: [
      labelTwice("prom", "text"),
      {
        name: "leading-blanks-are-not-part-of-the-name",
        reason: "the client library's parser, and everybody's eyes, skip them",
        applies: (test) => defect(test, "leading blanks"),
        check: (test) => {
          const expected = recordedAnswer(test, "prom");
          const entries = expected.entries.map((entry) => ({
            ...entry,
            ...(entry.l === undefined ? {} : { l: entry.l.map(([name, value]) => [name, value.trimStart()] as const) }),
          }));
          return same({ ok: expected.ok, entries }, answer(test, "text"));
        },
      },
      {
        name: "a-nul-byte-does-not-end-the-page",
        reason: "the rest of the page would be lost without a word",
        applies: (test) => defect(test, "NUL byte"),
        check: refused("prom", "text"),
      },
      {
        name: "far-timestamps-are-doubles",
        reason: "timestamps are numbers; beyond 2^53 milliseconds (the year 287396) the nearest double is given",
        applies: (test) =>
          recordedAnswer(test, "prom").entries.some(({ t }) => t !== undefined && !Number.isSafeInteger(Number(t))),
        check: (test) => {
          const { ok, entries } = recordedAnswer(test, "prom");
          const rounded = entries.map((entry) =>
            entry.t === undefined ? entry : { ...entry, t: BigInt(Number(entry.t)).toString() },
          );
          return same({ ok, entries: rounded }, answer(test, "text"));
        },
      },
    ],
  },
  {
    area: "exposition-openmetrics",
    check: check("openmetrics", "openmetrics"),
    deviations: [
      labelTwice("openmetrics", "openmetrics"),
      {
        name: "a-line-is-read-whole",
        reason: "a sample is given when its line is known to be good, not before the rest of the line is refused",
        applies: (test) => /^[a-zA-Z_:][^ \n]* [^ \n]+ (?:\n|# [^{])/m.test(pageOf(test).toString()),
        check: (test) => {
          const { ok, entries } = recordedAnswer(test, "openmetrics");
          return same({ ok, entries: entries.slice(0, -1) }, answer(test, "openmetrics"));
        },
      },
      {
        name: "far-timestamps-are-refused",
        reason:
          "a timestamp that does not fit 64 bits in milliseconds is refused instead of turning into a date long past",
        applies: (test) => defect(test, "timestamp overflows"),
        check: refused("openmetrics", "openmetrics"),
      },
      {
        name: "created-lines-before-samples-count",
        reason:
          "the specification does not order the lines of a metric; a start time is one wherever it stands in the family",
        applies: (test) => recordedAnswer(test, "openmetrics").entries.some(isCreatedSeries),
        check: (test) => {
          const { ok, entries } = recordedAnswer(test, "openmetrics");
          const starts = new Map(entries.filter(isCreatedSeries).map((entry) => [seriesKey(entry), entry.v]));
          const joined = entries
            .filter((entry) => !isCreatedSeries(entry))
            .map((entry) => {
              const start = entry.k === "series" ? starts.get(seriesKey(entry)) : undefined;
              return start === undefined ? entry : { ...entry, st: String(Math.trunc(Number(start) * 1000)) };
            });
          return same({ ok, entries: joined }, answer(test, "openmetrics"));
        },
      },
    ],
  },
];
