/** Remembers what was made of texts seen before: clients send the same few. */

/** Longer texts are not kept. */
const longestKey = 512;
const mostKeys = 256;

/** Bounded: it starts anew when full, so that made-up texts cost time but no memory. */
export class Remembered<T> {
  readonly #make: (text: string) => T;
  readonly #known = new Map<string, T>();

  constructor(make: (text: string) => T) {
    this.#make = make;
  }

  get(text: string): T {
    const known = this.#known.get(text);
    if (known !== undefined || this.#known.has(text)) return known as T;
    const made = this.#make(text);
    if (text.length > longestKey) return made;
    if (this.#known.size >= mostKeys) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }
}
