/** Remembers what selectors select, for as long as the members are the same: autoscalers ask the same again and again. */

interface Selection<M> {
  readonly from: readonly M[];
  readonly selected: readonly M[];
}

/** How many selected members are remembered in all, and how many selections. */
const maxMembers = 200_000;
const maxSelections = 1000;

export class SelectionCache<M> {
  /** In the order of last use. */
  readonly #selections = new Map<string, Selection<M>>();
  #members = 0;

  /** What `select` makes of `from`; the same array while `from` is the same array. */
  selected(key: string, from: readonly M[], select: () => readonly M[]): readonly M[] {
    const known = this.#selections.get(key);
    if (known !== undefined) this.#forget(key, known);
    const selection = known?.from === from ? known : { from, selected: select() };
    this.#selections.set(key, selection);
    this.#members += selection.selected.length;
    for (const [oldKey, old] of this.#selections) {
      if (old === selection || (this.#members <= maxMembers && this.#selections.size <= maxSelections)) break;
      this.#forget(oldKey, old);
    }
    return selection.selected;
  }

  #forget(key: string, selection: Selection<M>): void {
    this.#selections.delete(key);
    this.#members -= selection.selected.length;
  }
}
