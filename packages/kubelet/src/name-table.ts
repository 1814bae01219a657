/** Gives equal names one string. Bounded, because names come from the cluster. */
export class NameTable {
  readonly #names = new Map<string, string>();

  intern(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size >= 10_000) this.#names.clear();
    this.#names.set(name, name);
    return name;
  }
}
