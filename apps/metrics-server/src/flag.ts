/** One command line flag: how its text is read, and what help says about it. */

/** A value that the flag does not accept. `message` says what it would accept. */
export class FlagValueInvalid extends Error {
  readonly code = "FLAG_VALUE_INVALID";
}

export interface Flag<T> {
  /** Placeholder in help (`duration`); empty for switches. */
  readonly type: string;
  readonly help: string;
  readonly initial: T;
  /** One letter, as in `-v`. */
  readonly short?: string;
  /** May stand without a value, and takes one only after `=`. */
  readonly isSwitch?: boolean;
  /** Not in help. */
  readonly isHidden?: boolean;
  /** @throws FlagValueInvalid. `before` is the value of an earlier occurrence. */
  read(text: string, before: T | undefined): T;
  /** Why a value that was given changes nothing; `undefined` when it counts. */
  withoutEffect?(value: T): string | undefined;
  /** Why a value is refused, because going on without it would weaken security. */
  refused?(value: T): string | undefined;
}

/** The flags of a program (or of a section) by name, without the dashes. */
export type FlagTable = Readonly<Record<string, Flag<never> | Flag<unknown>>>;

/** What the flags of a table are worth. */
export type FlagValues<Table> = { readonly [Name in keyof Table]: Table[Name] extends Flag<infer T> ? T : never };
