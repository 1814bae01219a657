/** Label blocks of a page as maps; blocks with the same bytes share one. */
import { CLOSE } from "./bytes.ts";
import { hashBytes } from "./hash-bytes.ts";
import { LabelBlocks } from "./label-blocks.ts";
import { type LabelGrammar, LabelLexer, type LexFault, quotedText, RepeatedTexts } from "./label-lexer.ts";

export const noLabels: ReadonlyMap<string, string> = new Map();

/**
 * Families repeat each other's label blocks in the same order, so the block that followed the previous one before is tried
 * first, then a table; only a block not seen before is taken apart.
 */
export class LabelSets {
  readonly #lexer: LabelLexer;
  readonly #blocks = new LabelBlocks(16_384);
  readonly #texts = new RepeatedTexts();
  readonly #labels: ReadonlyMap<string, string>[] = [];
  readonly #names: (string | undefined)[] = [];
  readonly #next: number[] = [];
  #last = -1;
  labels: ReadonlyMap<string, string> = noLabels;
  /** The metric name given inside the braces. */
  name: string | undefined;
  /** Set when `read` returned -1. */
  fault: LexFault = { at: 0, expected: "" };

  constructor(grammar: LabelGrammar) {
    this.#lexer = new LabelLexer(grammar);
  }

  /**
   * Reads the block whose first byte after `{` is at `at`, into `labels` and `name`.
   *
   * @returns index after `}`, or -1 with `fault` set
   */
  read(page: Buffer, view: DataView, at: number): number {
    const guess = this.#next[this.#last] ?? -1;
    const guessed = this.#blocks.matchAt(guess, page, view, at);
    if (guessed >= 0 && page[guessed] === CLOSE) return this.#use(guess, guessed + 1);
    const end = this.#lexer.read(page, at);
    if (end < 0) return this.#refuse(this.#lexer.fault);
    const hash = hashBytes(page, view, at, end - 1);
    let block = this.#blocks.find(page, view, at, end - 1, hash);
    if (block < 0) {
      const labels = this.#lexer.labels(page, this.#texts);
      if (labels === -1) return this.#refuse(this.#lexer.fault);
      if (labels.has("__name__")) {
        return this.#refuse({ at, expected: "the metric name before the braces, not as label `__name__`" });
      }
      const { nameFrom, nameTo } = this.#lexer;
      const name = nameFrom < 0 ? undefined : quotedText(page, nameFrom, nameTo);
      if (nameFrom >= 0 && name === undefined)
        return this.#refuse({ at: nameFrom, expected: "UTF-8 in the metric name" });
      block = this.#blocks.add(page, at, end - 1, hash);
      if (block < 0) {
        // Too many collisions: this block is read anew each time.
        this.labels = labels;
        this.name = name;
        return end;
      }
      this.#labels[block] = labels;
      this.#names[block] = name;
    }
    if (this.#last >= 0) this.#next[this.#last] = block;
    return this.#use(block, end);
  }

  #use(block: number, end: number): number {
    this.#last = block;
    this.labels = this.#labels[block] as ReadonlyMap<string, string>;
    this.name = this.#names[block];
    return end;
  }

  #refuse(fault: LexFault): -1 {
    this.fault = fault;
    return -1;
  }
}
