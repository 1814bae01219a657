import type { AreaBinding } from "@kubemetrics/conformance";
import { forbiddenTextBinding } from "./error-vectors.ts";
import { negotiateBinding } from "./negotiate-vectors.ts";
import { sarAnswerBinding } from "./sar-vectors.ts";
import { transcriptBinding } from "./transcript-vectors.ts";

export const areas: readonly AreaBinding[] = [
  forbiddenTextBinding,
  negotiateBinding,
  sarAnswerBinding,
  transcriptBinding,
];
