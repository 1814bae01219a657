import {
  DurationInvalid,
  formatDuration,
  formatMicroTime,
  formatTime,
  instantFromMs,
  instantToMs,
  isZeroTime,
  parseDuration,
  parseMicroTime,
  parseTime,
  TimeInvalid,
  timeToJson,
  zeroTime,
} from "@kubemetrics/apimachinery";
import fc from "fast-check";
import { expect, test } from "vitest";

test("every int64 duration reads back from its text", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanoseconds) => {
      expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
    }),
    { numRuns: 500 },
  );
});

test("numbers and bigints print the same", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (nanoseconds) => {
      expect(formatDuration(nanoseconds)).toBe(formatDuration(BigInt(nanoseconds)));
    }),
    { numRuns: 500 },
  );
});

test.each([[0.5], [Number.NaN], [2 ** 53]])("%s is not a number of nanoseconds that can be trusted", (nanoseconds) => {
  expect(() => formatDuration(nanoseconds)).toThrow(DurationInvalid);
});

test("a duration of a megabyte of digits is refused without reading them", () => {
  expect(() => parseDuration(`${"9".repeat(2 ** 20)}h`)).toThrow(DurationInvalid);
  expect(parseDuration(`0.${"0".repeat(2 ** 20)}1h`)).toBe(0n);
});

test("every millisecond reads back from its text", () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (epochMs) => {
      expect(parseTime(formatTime(epochMs))).toEqual({ seconds: Math.floor(epochMs / 1000), nanos: 0 });
      expect(instantToMs(parseMicroTime(formatMicroTime(epochMs)))).toBe(epochMs);
      expect(formatTime(instantFromMs(epochMs))).toBe(new Date(epochMs).toISOString().replace(/\.\d+/, ""));
    }),
    { numRuns: 500 },
  );
});

test.each([
  [253_402_300_800, "10000-01-01T00:00:00Z"],
  [-62_167_219_200, "0000-01-01T00:00:00Z"],
  [-62_167_219_201, "-0001-12-31T23:59:59Z"],
  [-9_000_000_000_000, "-283229-05-10T08:00:00Z"],
  [9_000_000_000_000, "287168-08-24T16:00:00Z"],
])("%d Unix seconds print as %s", (seconds, text) => {
  expect(formatTime({ seconds, nanos: 0 })).toBe(text);
});

test.each([[Number.NaN], [Number.POSITIVE_INFINITY]])("%s milliseconds are no time", (epochMs) => {
  expect(() => formatTime(epochMs)).toThrow(TimeInvalid);
});

test("the zero time is year 1 to the nanosecond, and null in JSON", () => {
  expect(isZeroTime(zeroTime)).toBe(true);
  expect(isZeroTime(undefined)).toBe(true);
  expect(isZeroTime({ ...zeroTime, nanos: 1 })).toBe(false);
  expect(timeToJson(undefined)).toBeNull();
  expect(timeToJson({ ...zeroTime, nanos: 1 })).toBe("0001-01-01T00:00:00Z");
});

test("milliseconds before 1970 keep their place in the second", () => {
  expect(instantFromMs(-1)).toEqual({ seconds: -1, nanos: 999_000_000 });
  expect(instantToMs({ seconds: -1, nanos: 999_999_999 })).toBe(-1);
});
