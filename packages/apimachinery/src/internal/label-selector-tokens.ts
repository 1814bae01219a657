/** Splits label selector text into tokens, one at a time: a refused text is read no further than its mistake. */

/** `in` and `notin` are words: they are operators only by position. */
export interface Token {
  readonly kind: "word" | "symbol" | "end";
  readonly text: string;
}

const endToken: Token = { kind: "end", text: "" };
const twoCharSymbols: ReadonlySet<string> = new Set(["==", "!="]);
const symbols = "=!(),><";
const spaces = " \t\r\n";

/**
 * A zero character ends the word or symbol before it, and the whole text when it stands where a token would begin, as
 * upstream has it.
 */
export class SelectorTokens {
  readonly #text: string;
  #position = 0;
  #next: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  peek(): Token {
    this.#next ??= this.#read();
    return this.#next;
  }

  take(): Token {
    const token = this.peek();
    if (token !== endToken) this.#next = undefined;
    return token;
  }

  #read(): Token {
    const text = this.#text;
    while (this.#position < text.length && spaces.includes(text.charAt(this.#position))) this.#position++;
    const start = this.#position;
    const first = text.charAt(start);
    if (first === "" || first === "\0") return endToken;
    const isSymbol = symbols.includes(first);
    if (isSymbol) this.#position += twoCharSymbols.has(text.slice(start, start + 2)) ? 2 : 1;
    else while (this.#position < text.length && !endsWord(text.charAt(this.#position))) this.#position++;
    const token: Token = { kind: isSymbol ? "symbol" : "word", text: text.slice(start, this.#position) };
    if (text.charAt(this.#position) === "\0") this.#position++;
    return token;
  }
}

function endsWord(char: string): boolean {
  return char === "\0" || symbols.includes(char) || spaces.includes(char);
}
