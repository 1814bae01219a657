/** How a text may be written in YAML: unquoted, quoted, or as a literal block. */
import { isTextUnquoted } from "./yaml-resolve.ts";

export type ScalarForm = "plain" | "single" | "double" | "literal";

/** `multiline` texts hold a line break of any kind. */
export interface TextForm {
  readonly form: ScalarForm;
  readonly multiline: boolean;
}

/** Most texts: they need no closer look, unless YAML reads them as something else. */
const simple = /^[A-Za-z0-9_/][A-Za-z0-9_/.@$%+=()-]*$/;

/** Controls, the byte order mark and everything beyond the basic plane: go-yaml writes them as escapes only. */
const special = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const lineBreak = /[\n\r\x85\u2028\u2029]/;
/** Where an unquoted text would be taken for structure. */
const indicator = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?: |$))|:(?: |$)| #/;
const edgeSpace = /^ | $/;
// The other line breaks are special anyway.
const breakThenSpace = /[\n\u2028\u2029] /;
const spaceThenBreak = / [\n\u2028\u2029]/;

/** The form that go-yaml v2 chooses for a text. */
export function textForm(text: string): TextForm {
  if (simple.test(text)) return { form: isTextUnquoted(text) ? "plain" : "double", multiline: false };
  const multiline = lineBreak.test(text);
  return { form: chooseForm(text, multiline), multiline };
}

function chooseForm(text: string, multiline: boolean): ScalarForm {
  const isSpecial = special.test(text) || spaceThenBreak.test(text);
  if (text.includes("\n")) return isSpecial || text.endsWith(" ") ? "double" : "literal";
  if (isSpecial || !isTextUnquoted(text)) return "double";
  if (!multiline && !edgeSpace.test(text) && !indicator.test(text)) return "plain";
  return breakThenSpace.test(text) ? "double" : "single";
}
