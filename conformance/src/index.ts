// Vector files
export {
  bundledKubeletPages,
  bundledVectorFile,
  bundledVectors,
  readVectorFile,
  readVectorFolder,
  VectorFileInvalid,
} from "./vector-file.ts";
export type { VectorCase, VectorFile } from "./vector-file.ts";

// What an implementation hands in
export type { AreaBinding, Check, Deviation, Mismatch, Pending, Verdict } from "./binding.ts";

// Running
export { runArea, same } from "./run-area.ts";
export type { AreaReport, FailedCase, RunOptions } from "./run-area.ts";
export { hasFailed, reportText } from "./report-text.ts";
