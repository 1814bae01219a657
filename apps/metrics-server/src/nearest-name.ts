/** The name that was probably meant: the closest by edits, or the only one that the written text begins. */
export function nearestName(written: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.min(Math.floor(written.length / 3), Math.max(2, Math.floor(written.length / 4))) + 1;
  const begun: string[] = [];
  for (const name of names) {
    if (written.length >= 4 && name.startsWith(written)) begun.push(name);
    const edits = editsBetween(written, name, fewest);
    if (edits < fewest) {
      fewest = edits;
      nearest = name;
    }
  }
  return nearest ?? (begun.length === 1 ? begun[0] : undefined);
}

/** Levenshtein distance; `limit` or more counts as `limit`. */
function editsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return Math.min(row[b.length] ?? limit, limit);
}
