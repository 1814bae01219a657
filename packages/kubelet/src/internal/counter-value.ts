/** Turns the numbers of a page into counters, as Go's conversions do where those are defined. */

const uint64Limit = 2 ** 64;
const int64Limit = 2 ** 63;
/** The end of year 9999: clients cannot read a later time, and with it not the list that it is in. */
const lastTimeMs = 253_402_300_799_999;

/** CPU seconds to nanoseconds; NaN for what is no counter: negative, NaN, infinite, 2^64 or more. */
export function counterNs(seconds: number): number {
  return wholeBelow(seconds * 1e9, uint64Limit);
}

/** Bytes; NaN for what is no size. */
export function wholeBytes(bytes: number): number {
  return wholeBelow(bytes, uint64Limit);
}

/** Start in seconds to nanoseconds; NaN for what is no time. */
export function startNs(seconds: number): number {
  return wholeBelow(seconds * 1e9, int64Limit);
}

export function isTimeMs(timeMs: number): boolean {
  return timeMs >= 0 && timeMs <= lastTimeMs;
}

function wholeBelow(value: number, limit: number): number {
  // Adding zero turns -0 into 0.
  return value >= 0 && value < limit ? Math.trunc(value) + 0 : Number.NaN;
}
