/** Where the demo writes: a terminal that is drawn anew each second, or plain text for files and pipes. */

/** As much of a terminal as is needed. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly rows?: number | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const escape = "\u001b[";
const codes = {
  enter: `${escape}?1049h${escape}?25l`,
  leave: `${escape}?25h${escape}?1049l`,
  home: `${escape}H`,
  clearLine: `${escape}K`,
  clearBelow: `${escape}J`,
};

export class Screen implements Disposable {
  readonly #output: Output;
  #isEntered = false;

  constructor(output: Output) {
    this.#output = output;
  }

  get isTerminal(): boolean {
    return this.#output.isTTY === true;
  }

  /** Lines that fit. A terminal that does not know its size says 0. */
  get rows(): number {
    return this.#output.rows || 24;
  }

  /** Characters that fit in a line; files and pipes have no end. */
  get columns(): number {
    return this.isTerminal ? this.#output.columns || 80 : Number.POSITIVE_INFINITY;
  }

  /** One line that stays. */
  print(line = ""): void {
    this.#output.write(`${line}\n`);
  }

  /** Shows lines in place of those before; on anything but a terminal, below them. */
  draw(lines: readonly string[]): void {
    if (!this.isTerminal) return void this.#output.write(`${lines.join("\n")}\n\n`);
    // The second screen: what was in the terminal before comes back at the end.
    let frame = this.#isEntered ? "" : codes.enter;
    this.#isEntered = true;
    frame += codes.home;
    const width = this.columns;
    const fitting = lines.slice(0, this.rows - 1).map((line) => (line.length > width ? line.slice(0, width) : line));
    this.#output.write(`${frame}${fitting.map((line) => `${line}${codes.clearLine}\n`).join("")}${codes.clearBelow}`);
  }

  /** Gives the terminal back as it was. */
  [Symbol.dispose](): void {
    if (this.#isEntered) this.#output.write(codes.leave);
    this.#isEntered = false;
  }
}
