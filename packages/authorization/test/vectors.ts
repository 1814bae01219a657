import type { AreaBinding } from "@kubemetrics/conformance";
import { requestInfoBinding } from "./request-info-vectors.ts";
import { sarSpecBinding } from "./sar-vectors.ts";

export const areas: readonly AreaBinding[] = [requestInfoBinding, sarSpecBinding];
