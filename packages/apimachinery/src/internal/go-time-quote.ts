/** Quoting in the error texts of Go's `time` package, which differs from `%q`: other bytes than printable ASCII become `\x..`. */

const encoder = new TextEncoder();

export function goTimeQuote(text: string): string {
  let quoted = '"';
  for (const char of text) {
    if (char === '"' || char === "\\") quoted += `\\${char}`;
    else if (char >= " " && char <= "\u007f") quoted += char;
    else for (const byte of encoder.encode(char)) quoted += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `${quoted}"`;
}
