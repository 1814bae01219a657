/** Reads a bundled vector file whose cases carry no `id`; they are numbered here. */
import { readFileSync } from "node:fs";
import { bundledVectors, type VectorCase, type VectorFile } from "@kubemetrics/conformance";

export function numberedVectorFile(area: string): VectorFile {
  const file = JSON.parse(readFileSync(`${bundledVectors}${area}.json`, "utf8")) as VectorFile;
  const cases = file.cases.map((test: VectorCase, index) => ({ ...test, id: test.id ?? `${area}#${index}` }));
  return { ...file, cases };
}
