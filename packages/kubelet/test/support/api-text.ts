/** Numbers as metrics.k8s.io prints them. */

const exponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9 };
const binary: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

export function nanocores(text: string): number {
  const [, digits = "", suffix = ""] = /^(\d+)([a-zA-Z]?)$/.exec(text) ?? [];
  return Number(digits) * 10 ** (9 + (exponents[suffix] ?? Number.NaN));
}

export function bytes(text: string): number {
  const [, digits = "", suffix = ""] = /^(\d+)([a-zA-Z]*)$/.exec(text) ?? [];
  return Number(digits) * (binary[suffix] ?? 10 ** (exponents[suffix] ?? Number.NaN));
}

/** A Go duration of seconds or minutes in nanoseconds. */
export function nanoseconds(text: string): number {
  const [, minutes = "0", seconds = "0"] = /^(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(text) ?? [];
  return Math.round((Number(minutes) * 60 + Number(seconds)) * 1e9);
}
