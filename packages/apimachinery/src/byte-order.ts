/** The order of texts by their UTF-8 bytes. */

/**
 * Orders as Go and etcd do: by UTF-8 bytes. Differs from `<` only where surrogate pairs meet U+E000 … U+FFFF.
 *
 * @returns negative, zero or positive, for `toSorted`
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Lifts surrogates above the rest of the basic plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
