/** What an implementation hands to the runner: how to answer the cases of an area, and where it answers differently on purpose. */
import type { VectorCase, VectorFile } from "./vector-file.ts";

/** The answer differed from the recorded one. Both sides are printed, so keep them small. */
export interface Mismatch {
  readonly expected: unknown;
  readonly actual: unknown;
}

/** `undefined` when the answer matched. */
export type Verdict = Mismatch | undefined;

/** Runs one case. Throwing counts as a mismatch. */
export type Check = (test: VectorCase, file: VectorFile) => Verdict | Promise<Verdict>;

/**
 * A deliberate difference from the recorded answers, as a rule, so that it explains unseen cases too.
 *
 * It explains a mismatch only when it applies *and* the answer given instead is the one the rule promises.
 */
export interface Deviation {
  /** Short and stable, in words: `keeps-last-good-value`. */
  readonly name: string;
  /** Why the other answer is better for users. */
  readonly reason: string;
  readonly applies: (test: VectorCase, file: VectorFile) => boolean;
  /** Checks the answer given instead. */
  readonly check: Check;
}

/** Cases that no code answers yet: listed by name, never counted as passed. */
export interface Pending {
  readonly name: string;
  readonly reason: string;
  readonly applies: (test: VectorCase, file: VectorFile) => boolean;
}

/** Binds an implementation to an area, or to some of its cases. Several bindings may share an area. */
export interface AreaBinding {
  readonly area: string;
  /** Which cases this binding answers; all when absent. */
  readonly covers?: (test: VectorCase, file: VectorFile) => boolean;
  readonly check: Check;
  readonly deviations?: readonly Deviation[];
  readonly pending?: readonly Pending[];
}
