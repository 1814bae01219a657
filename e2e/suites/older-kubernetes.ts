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
    requests: /^a resource version (that is none|below none|beyond all)$/,
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
  {
    fact: "printsValuesAsJson",
    requests:
      /with a dry run that is none$|^another role for a role binding$|of another address$|^mark as deleted by a patch$/,
    at: /^body\.(message|details\.causes\.\*\.message)$/,
    why: "the refused value as Go prints it",
  },
  {
    fact: "namesMetadataOnce",
    requests: /^patch the uid$|^mark as deleted by a patch$|^add a finalizer while it is deleted$/,
    at: /^body\.details\.causes\.\*$/,
    why: "the same cause a second time",
  },
];

/** Those of this run's version. */
export const ofOlderKubernetes: readonly Difference[] = older.filter(({ fact }) => !kubernetesVersion().facts[fact]);
