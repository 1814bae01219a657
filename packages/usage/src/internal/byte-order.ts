/** Whether `a` comes before `b` in the order of their UTF-8 bytes, in which Kubernetes sorts names. */
export function isBefore(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // Code units of surrogate pairs are smaller than U+E000 … U+FFFF, the characters they stand for are larger.
    const isLeftPair = left >= 0xd800 && left <= 0xdfff;
    const isRightPair = right >= 0xd800 && right <= 0xdfff;
    return isLeftPair === isRightPair ? left < right : isRightPair;
  }
  return a.length < b.length;
}
