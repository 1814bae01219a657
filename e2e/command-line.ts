/** What a run of the end-to-end suites is asked for. */
import {
  isKubernetesMinor,
  kubernetesMinors,
  newestMinor,
  type KubernetesMinor,
} from "./control-plane/kubernetes-versions.ts";

export type Part = "loopback" | "node" | "programs";

export interface CommandLine {
  readonly parts: readonly Part[];
  readonly kubernetes: KubernetesMinor;
  readonly vitestArguments: readonly string[];
}

/** The command line cannot be followed; `message` says why. */
export class WrongArguments extends Error {
  readonly code = "WRONG_ARGUMENTS";
}

const isPart = (text: string): text is Part => text === "loopback" || text === "node" || text === "programs";
const versionFlag = "--kubernetes=";

/** `[loopback | node | programs] [--kubernetes=<minor>] [vitest arguments]`; without a part the first two, an older Kubernetes on loopback only. */
export function commandLine(args: readonly string[]): CommandLine {
  const [first = ""] = args;
  const further = isPart(first) ? args.slice(1) : args;
  const kubernetes = further.find((arg) => arg.startsWith(versionFlag))?.slice(versionFlag.length) ?? newestMinor;
  if (!isKubernetesMinor(kubernetes)) {
    throw new WrongArguments(`${versionFlag}${kubernetes}: pinned are ${kubernetesMinors.join(" and ")}`);
  }
  if (kubernetes !== newestMinor && first === "node") {
    throw new WrongArguments(`a real node runs Kubernetes ${newestMinor} only; ${kubernetes} has the part "loopback"`);
  }
  const all: readonly Part[] = kubernetes === newestMinor ? ["loopback", "node"] : ["loopback"];
  return {
    parts: isPart(first) ? [first] : all,
    kubernetes,
    vitestArguments: further.filter((arg) => !arg.startsWith(versionFlag)),
  };
}
