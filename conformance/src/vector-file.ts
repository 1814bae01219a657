/** Reading golden vector files: JSON objects with an `area`, a `schema` that explains every field, and `cases`. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One recorded case. Fields beyond these are explained by the file's own `schema`. */
export interface VectorCase {
  readonly id: string;
  readonly family?: string;
  readonly kind?: string;
  readonly note?: string;
  /** Names a known upstream bug that the recorded answer shows; an implementation may answer better. */
  readonly upstreamDefect?: string;
  readonly [field: string]: unknown;
}

/** A vector file as parsed; shared tables (`certs`, `fixtures`, …) stand beside `cases`. */
export interface VectorFile {
  readonly area: string;
  readonly source: unknown;
  readonly schema: unknown;
  readonly cases: readonly VectorCase[];
  readonly [table: string]: unknown;
}

/** A file that is not a vector file. `message` names the file, what is missing and what was expected. */
export class VectorFileInvalid extends Error {
  readonly code = "VECTOR_FILE_INVALID";
}

/** The vectors that come with this package. */
export const bundledVectors: string = fileURLToPath(new URL("../vectors/", import.meta.url));

/** Captured kubelet pages that come with this package (see `data/kubelet/README.md`). */
export const bundledKubeletPages: string = fileURLToPath(new URL("../data/kubelet/", import.meta.url));

/**
 * Reads one vector file.
 *
 * @throws VectorFileInvalid when the text is not JSON or lacks `area` or `cases`
 */
export function readVectorFile(path: string): VectorFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new VectorFileInvalid(`${path}: not readable as JSON: ${(cause as Error).message}`, { cause });
  }
  const file = parsed as Partial<VectorFile> | null;
  if (typeof file !== "object" || file === null || typeof file.area !== "string" || !Array.isArray(file.cases)) {
    throw new VectorFileInvalid(`${path}: a vector file is an object with "area" (text) and "cases" (list)`);
  }
  return {
    ...file,
    cases: file.cases.map((test, index) => named(test as Partial<VectorCase> | null, `${file.area}-${index}`, path)),
  } as VectorFile;
}

/** Files whose cases carry no `id` count them; the number is stable because cases are only ever appended. */
function named(test: Partial<VectorCase> | null, name: string, path: string): VectorCase {
  if (typeof test !== "object" || test === null) throw new VectorFileInvalid(`${path}: ${name} is not an object`);
  return { id: name, ...test };
}

/** Reads the vector file of one area from the bundled vectors. */
export function bundledVectorFile(area: string): VectorFile {
  return readVectorFile(`${bundledVectors}${area}.json`);
}

/** All vector files of a folder, in name order. */
export function readVectorFolder(folder: string): VectorFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.toSorted().map((name) => readVectorFile(`${folder}/${name}`));
}
