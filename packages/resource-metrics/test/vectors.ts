/** How this package answers the golden vectors of its areas. */
import type { AreaBinding } from "@kubemetrics/conformance";
import { authBinding } from "./auth-vectors.ts";
import { objectBinding } from "./object-vectors.ts";
import { transcriptBinding } from "./transcript-vectors.ts";

export const areas: readonly AreaBinding[] = [objectBinding, transcriptBinding, authBinding];
