/** Label selectors: which objects a request or another object means. */
import { compareBytes } from "./byte-order.ts";
import { SelectorReader } from "./internal/label-selector-reader.ts";
import { LabelRequirement } from "./label-requirement.ts";
import type { Labels } from "./labels.ts";

/** All requirements must hold. Without requirements, everything matches. */
export class LabelSelector {
  /** In byte order of their keys. */
  readonly requirements: readonly LabelRequirement[];
  /** Selects everything. */
  readonly isEmpty: boolean;
  /** Selects nothing at all: what a missing LabelSelector object means, unlike an empty one. */
  readonly isNothing: boolean;

  constructor(requirements: readonly LabelRequirement[], options: { readonly nothing?: boolean } = {}) {
    this.requirements = requirements.toSorted((a, b) => compareBytes(a.key, b.key));
    this.isNothing = options.nothing ?? false;
    this.isEmpty = requirements.length === 0 && !this.isNothing;
  }

  matches(labels: Labels): boolean {
    if (this.isNothing) return false;
    for (const requirement of this.requirements) if (!requirement.matches(labels)) return false;
    return true;
  }

  /** Canonical text, which parses back to the same selector: `a=1,b in (x,y),!c`. */
  toString(): string {
    return this.requirements.join(",");
  }
}

/** Selects everything. */
export const selectEverything: LabelSelector = new LabelSelector([]);

/** Selects nothing. */
export const selectNothing: LabelSelector = new LabelSelector([], { nothing: true });

/**
 * Reads selector text: `a=1,b in (x,y),!c,n>4`. The empty text selects everything.
 *
 * Takes time linear in the text, whatever it holds.
 *
 * @throws SelectorInvalid with upstream's text
 * @see apimachinery `pkg/labels/selector.go`
 */
export function parseLabelSelector(text: string): LabelSelector {
  return new LabelSelector(new SelectorReader(text).read());
}
