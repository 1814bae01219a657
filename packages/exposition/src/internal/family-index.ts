/** Finds the family a line belongs to. */
import { isSampleOf, type MetricType } from "../metric-type.ts";

/** What the index needs to know of a family. */
export interface IndexedFamily {
  readonly name: string;
  readonly type: MetricType;
}

/** Families in the order they first appear. */
export class FamilyIndex<Family extends IndexedFamily> {
  readonly #families = new Map<string, Family>();
  readonly #create: (name: string) => Family;
  #current: Family | undefined;
  #lastSample: string | undefined;

  constructor(create: (name: string) => Family) {
    this.#create = create;
  }

  /** The family that a HELP, TYPE or UNIT line names; samples after it may belong to it. */
  named(name: string): Family {
    this.#lastSample = undefined;
    this.#current = this.#at(name);
    return this.#current;
  }

  /** The family above the sample if the names allow, else an earlier one they allow, else the one of the sample's name. */
  ofSample(name: string): Family {
    let family = this.#current;
    if (family !== undefined && name === this.#lastSample) return family;
    if (family === undefined || !isSampleOf(name, family.name, family.type)) {
      family = this.#families.get(name) ?? this.#earlier(name) ?? this.#at(name);
    }
    this.#current = family;
    this.#lastSample = name;
    return family;
  }

  all(): Family[] {
    return [...this.#families.values()];
  }

  #at(name: string): Family {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = this.#create(name);
      this.#families.set(name, family);
    }
    return family;
  }

  #earlier(sample: string): Family | undefined {
    const suffix = sample.lastIndexOf("_");
    const family = suffix > 0 ? this.#families.get(sample.slice(0, suffix)) : undefined;
    return family !== undefined && isSampleOf(sample, family.name, family.type) ? family : undefined;
  }
}
