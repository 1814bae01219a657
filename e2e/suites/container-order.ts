/** Brings the containers of printed PodMetrics into the order of their names; every other byte stays. */

/** JSON of any indentation, YAML, and what `kubectl describe` prints. */
const containerForms = [
  /\{\s*"name": ?"[^"]*",\s*"usage": ?\{[^}]*\}\s*\}/g,
  /^( *)- name: .*\n\1 {2}usage:\n(?:\1 {4}.*\n)+/gm,
  /^ {2}Name: .*\n {2}Usage:\n(?: {4}.*\n)+/gm,
];

export function containersByName(printed: string): string {
  return containerForms.reduce(sortRuns, printed);
}

/** Sorts what matches, where nothing but a comma stands between one and the next. */
function sortRuns(text: string, form: RegExp): string {
  const found = [...text.matchAll(form)].map((match) => ({ start: match.index, text: match[0] }));
  const runs: (typeof found)[] = [];
  for (const one of found) {
    const last = runs.at(-1)?.at(-1);
    const isNext = last !== undefined && /^[,\s]*$/.test(text.slice(last.start + last.text.length, one.start));
    if (isNext) runs.at(-1)?.push(one);
    else runs.push([one]);
  }
  const key = (block: string): string => block.replaceAll(/\s+/g, " ");
  let sorted = "";
  let end = 0;
  for (const run of runs) {
    const inOrder = run.map((one) => one.text).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    for (const [at, one] of run.entries()) {
      sorted += text.slice(end, one.start) + inOrder[at];
      end = one.start + one.text.length;
    }
  }
  return sorted + text.slice(end);
}
