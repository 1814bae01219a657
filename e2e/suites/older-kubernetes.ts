/** Where an older kube-apiserver answers otherwise than the sandbox, which answers as the newest does. */
import { kubernetesVersion, type KubernetesFacts } from "../control-plane/kubernetes-versions.ts";

/** Where two answers differ on purpose. */
export interface Difference {
  /** Names of requests. */
  readonly requests: RegExp;
  /** Paths into the answer. */
  readonly at: RegExp;
  readonly why: string;
}

/** Holds where the fact does not. */
const older: readonly (Difference & { readonly fact: keyof KubernetesFacts })[] = [
  {
    fact: "refusesWrongResourceVersion",
    requests: /^a resource version that is none$/,
    at: /^status$|^body\.(code|reason|message)$/,
    why: "500 instead of 400, and without a reason",
  },
  {
    fact: "reviewsAreRefusedWhole",
    requests: /^an access review of nothing$/,
    at: /^body\.(message|details\.causes\.\*\.(field|message))$/,
    why: "one field is named, not the whole spec",
  },
  {
    fact: "reviewsAreRefusedWhole",
    requests: /^an access review of a resource and a path$/,
    at: /^body\.details\.causes\.\*\.field$/,
    why: "one field is named, not the whole spec",
  },
];

/** Those of this run's version. */
export const ofOlderKubernetes: readonly Difference[] = older.filter(({ fact }) => !kubernetesVersion().facts[fact]);
