/** Hash of the bytes from `from` to `to`, four at a time (multiply and rotate, then Murmur's finish). `view` is the page too. */
export function hashBytes(page: Buffer, view: DataView, from: number, to: number): number {
  let hash = to - from;
  let i = from;
  for (const last = to - 3; i < last; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  for (; i < to; i++) hash = Math.imul(hash ^ (page[i] as number), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
