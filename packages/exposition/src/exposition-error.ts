/** The errors of this package. */
import { LF } from "./internal/bytes.ts";

/**
 * Base of every error this package throws. `code` is stable and safe to match on; `message` is for people.
 * `instanceof` also recognises errors made by another copy of the package.
 */
export class ExpositionError extends Error {
  protected static readonly brand: symbol = Symbol.for("@kubemetrics/exposition/error");
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    for (const brand of [ExpositionError.brand, new.target.brand]) Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && this.brand in value;
  }
}

/** What is wrong with a page. */
export type PageFault =
  /** no metric name where one is expected */
  | "NAME"
  /** the label block is not well formed, names a label twice, or is not UTF-8 */
  | "LABELS"
  /** no value, or not a number */
  | "VALUE"
  /** not a timestamp */
  | "TIMESTAMP"
  /** something stands after the sample */
  | "TRAILING_TEXT"
  /** a malformed exemplar (OpenMetrics) */
  | "EXEMPLAR"
  /** a malformed HELP, TYPE or UNIT line, an unknown type, a unit that is not the name's suffix */
  | "METADATA"
  /** `# EOF` is missing, or something follows it (OpenMetrics) */
  | "END";

/** The page breaks the rules of its format. `message` begins with the place: `line 3, column 14: …`. */
export class PageInvalid extends ExpositionError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/exposition/page-invalid");
  declare readonly code: PageFault;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  /** 0-based, in bytes, from the page's beginning. */
  readonly offset: number;

  /** @param problem - what was expected or is wrong, without the place */
  constructor(code: PageFault, page: Uint8Array, offset: number, problem: string) {
    let line = 1;
    let lineFrom = 0;
    for (let i = 0; i < offset; i++) {
      if (page[i] !== LF) continue;
      line++;
      lineFrom = i + 1;
    }
    let column = 1;
    for (let i = lineFrom; i < offset; i++) {
      // Bytes that continue a character do not count.
      if (((page[i] ?? 0) & 0xc0) !== 0x80) column++;
    }
    super(code, `line ${line}, column ${column}: ${problem}`);
    this.line = line;
    this.column = column;
    this.offset = offset;
  }
}

/** What cannot be written. */
export type MetricFault =
  /** a name or help text the format cannot carry */
  | "NAME"
  /** a unit that is not the name's suffix (OpenMetrics) */
  | "UNIT"
  /** histogram bounds that do not ascend */
  | "BOUNDS"
  /** a sample before any family, a second family of the same name, or a writer already ended */
  | "ORDER";

/** A metric cannot be written as asked: a mistake in the program, not in data. */
export class MetricInvalid extends ExpositionError {
  protected static override readonly brand: symbol = Symbol.for("@kubemetrics/exposition/metric-invalid");
  declare readonly code: MetricFault;

  constructor(code: MetricFault, message: string) {
    super(code, message);
  }
}
