/**
 * How kubectl may answer over this server otherwise than over the Go metrics-server: what differs between any two runs, and what this
 * server does better on purpose. Everything else must be the same, byte for byte.
 *
 * Each entry takes its difference out of both answers; one that never finds anything is an error, so that the table stays true.
 */
import { containersByName } from "./container-order.ts";
import type { Outcome } from "./kubectl.ts";
import type { RegisteredVersion } from "./registration.ts";

export interface Answers {
  readonly theirs: Outcome;
  readonly ours: Outcome;
}

/** The command that was given, and to what. */
export interface Situation {
  readonly command: string;
  /** Registered for this server; the Go server has v1beta1 only. */
  readonly versions: readonly RegisteredVersion[];
  /** The Go server's answers to all commands. */
  readonly theirs: ReadonlyMap<string, Outcome>;
  readonly podsOfNode: readonly string[];
}

export interface Difference {
  readonly what: string;
  readonly why: string;
  readonly applies: (situation: Situation) => boolean;
  readonly without: (answers: Answers, situation: Situation) => Answers;
}

type Rewrite = (text: string) => string;
const always = (): boolean => true;
const inText =
  (rewrite: Rewrite) =>
  ({ status, stdout, stderr }: Outcome): Outcome => ({ status, stdout: rewrite(stdout), stderr: rewrite(stderr) });
const inBoth = (rewrite: Rewrite): Difference["without"] => {
  const change = inText(rewrite);
  return ({ theirs, ours }) => ({ theirs: change(theirs), ours: change(ours) });
};
const inTheirs =
  (rewrite: Rewrite): Difference["without"] =>
  ({ theirs, ours }) => ({ theirs: inText(rewrite)(theirs), ours });

/** Columns are as wide as their longest cell. */
const narrow: Rewrite = (text) => text.replaceAll(/ +/g, " ");

const hasV1 = ({ versions }: Situation): boolean => versions.includes("v1");
const v1Entry = JSON.stringify({ groupVersion: "metrics.k8s.io/v1", version: "v1" });
const nodeField = "--field-selector=spec.nodeName={node}";

/** Differ between any two runs. Times and windows of usage are not among them: both servers read the same samples. */
const ofAnyTwoRuns: readonly Difference[] = [
  {
    what: "creationTimestamp",
    why: "the Go server gives the time of the request; this one the time it got the value, so that an unchanged object stays the same bytes",
    applies: always,
    without: inBoth((text) =>
      text.replaceAll(/(creationTimestamp"?: ?"|Creation Timestamp: +)[\dTZ:-]+/g, "$1(creation)"),
    ),
  },
  {
    what: "time and process in lines of kubectl's own log",
    why: "another process at another time",
    applies: always,
    without: inBoth((text) => text.replaceAll(/^([EW])\d{4} [\d:.]+ +\d+ /gm, "$1(time) ")),
  },
  {
    what: "the order of a pod's containers",
    why: "the Go server's is that of a map: any; this one's is by name",
    applies: always,
    without: ({ theirs, ours }, { command }) => {
      const sorted = inText(containersByName)(theirs);
      // What stands first decides how `describe` aligns the rest.
      const isAligned = command.startsWith("describe");
      return isAligned ? { theirs: inText(narrow)(sorted), ours: inText(narrow)(ours) } : { theirs: sorted, ours };
    },
  },
];

const onPurpose: readonly Difference[] = [
  {
    what: "v1 is the preferred version",
    why: "the API is stable from Kubernetes 1.37 on; the Go server 0.9.0 serves v1beta1 only",
    applies: (situation) => hasV1(situation) && !/v1beta1|--raw|^api-versions$/.test(situation.command),
    without: ({ theirs, ours }, { command }) => {
      const renamed = inText((text) =>
        text.replaceAll("metrics.k8s.io/v1beta1", "metrics.k8s.io/v1").replace(/^(VERSION: +)v1beta1$/m, "$1v1"),
      )(theirs);
      const isTable = command.startsWith("api-resources");
      return isTable ? { theirs: inText(narrow)(renamed), ours: inText(narrow)(ours) } : { theirs: renamed, ours };
    },
  },
  {
    what: "v1 is listed beside v1beta1",
    why: "as above",
    applies: (situation) => hasV1(situation) && /^api-versions$|^get --raw [^ ]*k8s\.io$/.test(situation.command),
    without: inTheirs((text) =>
      text
        .replace(/^metrics\.k8s\.io\/v1beta1$/m, "metrics.k8s.io/v1\n$&")
        .replace(/("versions":\[)(.*"preferredVersion":).*/, `$1${v1Entry},$2${v1Entry}}`),
    ),
  },
  {
    what: "v1 can be asked for",
    why: "as above: the same answer as in v1beta1",
    applies: (situation) => hasV1(situation) && situation.command === "get nodes.v1.metrics.k8s.io",
    without: ({ theirs, ours }, all) => ({
      theirs: all.theirs.get("get nodes.v1beta1.metrics.k8s.io") ?? theirs,
      ours,
    }),
  },
  {
    what: "pods can be selected by node",
    why: "often asked for; the Go server answers 400, and and older kubectl (1.32 seen) relies on the server",
    applies: ({ command }) => command.includes(nodeField),
    without: ({ theirs, ours }, all) => {
      const everywhere = all.theirs.get(all.command.replace(` ${nodeField}`, ""));
      if (theirs.status === 0 || everywhere === undefined) return { theirs, ours };
      const ofNode = everywhere.stdout
        .split("\n")
        .filter((line, at) => at === 0 || line === "" || all.podsOfNode.some((pod) => line.includes(` ${pod} `)));
      const selected = { ...everywhere, stdout: ofNode.join("\n") };
      return { theirs: inText(narrow)(selected), ours: inText(narrow)(ours) };
    },
  },
  {
    what: "a refused field of pods names spec.nodeName as one that is known",
    why: "as above",
    applies: ({ command }) => / pods|podmetrics/.test(command),
    without: inTheirs((text) =>
      text.replace(/known field selector: only "metadata\.name", "metadata\.namespace"$/m, '$&, "spec.nodeName"'),
    ),
  },
  {
    what: "explain describes fields in words of this project",
    why: "shorter; kinds, fields, types, what is required and where a description is missing must agree",
    applies: ({ command }) => command.startsWith("explain"),
    without: inBoth((text) =>
      text
        .split("\n")
        .filter((line) => line !== "" && (!line.startsWith("    ") || /^ +\w+\t<|<no description>$/.test(line)))
        .join("\n"),
    ),
  },
  {
    what: "explain shows the metadata that these objects can have",
    why: "the others describe stored objects: deletion, ownership, field management",
    applies: ({ command }) => /^explain .*--recursive$/.test(command),
    without: inTheirs((text) =>
      text.replaceAll(
        /^ {4}(deletionGracePeriodSeconds|deletionTimestamp|finalizers|generateName|generation|managedFields|ownerReferences|selfLink)\t.*\n( {6}.*\n)*/gm,
        "",
      ),
    ),
  },
];

export const differences: readonly Difference[] = [...ofAnyTwoRuns, ...onPurpose];

/** Both answers without what may differ; `used` gets the entries that found something. */
export function comparable(answers: Answers, situation: Situation, used: Set<Difference> = new Set()): Answers {
  return differences.reduce((before, difference) => {
    if (!difference.applies(situation)) return before;
    const after = difference.without(before, situation);
    if (JSON.stringify(after) !== JSON.stringify(before)) used.add(difference);
    return after;
  }, answers);
}
