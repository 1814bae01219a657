/** Reads a bundled vector file; cases that carry no `id` are numbered. */
import { readFileSync } from "node:fs";
import { bundledVectors, type VectorCase, type VectorFile } from "@kubemetrics/conformance";

export function numberedVectorFile(area: string): VectorFile {
  const file = JSON.parse(readFileSync(`${bundledVectors}${area}.json`, "utf8")) as VectorFile;
  const cases = file.cases.map((test: VectorCase, index) => ({ ...test, id: test.id ?? `${area}#${index}` }));
  return { ...file, cases };
}
