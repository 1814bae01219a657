/** Tests that do not apply to the Kubernetes version of this run: left out in words. */
import { kubernetesVersion } from "../control-plane/kubernetes-versions.ts";

/** For `runIf`: `can`, and when this version cannot, the run prints what is left out and why. */
export function applies(can: boolean, what: string, why: string): boolean {
  if (!can) console.log(`e2e: Kubernetes ${kubernetesVersion().minor}: skipped: ${what}: ${why}`);
  return can;
}
