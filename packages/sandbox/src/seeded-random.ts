/** Random numbers that are the same for the same seed and text: simulated usage must not depend on the order things were made in. */

/** A source of numbers in [0, 1). Not for secrets. */
export type Random = () => number;

/** @param key - what the numbers are for, such as `node-001/shop/web-5f6d/web` */
export function seededRandom(seed: number, key: string): Random {
  let state = hash(seed, key);
  // Mulberry32: 32 bits of state are plenty for a handful of draws.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";

/** Letters as Kubernetes puts them behind generated names: no vowels, nothing that looks like another letter. */
export function nameSuffix(random: Random, length: number): string {
  let suffix = "";
  while (suffix.length < length) suffix += suffixLetters[Math.floor(random() * suffixLetters.length)] ?? "";
  return suffix;
}

/** A UUID of version 4 in form. */
export function seededUuid(random: Random): string {
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  const variant = "89ab"[Math.floor(random() * 4)] ?? "8";
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(8)}${hex(4)}`;
}

/** FNV-1a. */
function hash(seed: number, key: string): number {
  let value = (0x811c9dc5 ^ seed) | 0;
  for (let index = 0; index < key.length; index++) value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  return value | 0;
}
