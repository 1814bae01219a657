/** Splits label selector text into tokens. */

/** `in` and `notin` are words: they are operators only by position. */
export interface Token {
  readonly kind: "word" | "symbol" | "end";
  readonly text: string;
}

const twoCharSymbols: ReadonlySet<string> = new Set(["==", "!="]);
const symbols = "=!(),><";
const spaces = " \t\r\n";

/**
 * A zero character ends the word or symbol before it, and the whole text when it stands where a token would begin, as upstream has it.
 */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && spaces.includes(text.charAt(position))) position++;
    const start = position;
    const first = text.charAt(start);
    if (first === "" || first === "\0") return tokens;
    if (symbols.includes(first)) {
      position += twoCharSymbols.has(text.slice(start, start + 2)) ? 2 : 1;
      tokens.push({ kind: "symbol", text: text.slice(start, position) });
    } else {
      while (position < text.length && !endsWord(text.charAt(position))) position++;
      tokens.push({ kind: "word", text: text.slice(start, position) });
    }
    if (text.charAt(position) === "\0") position++;
  }
}

function endsWord(char: string): boolean {
  return char === "\0" || symbols.includes(char) || spaces.includes(char);
}
