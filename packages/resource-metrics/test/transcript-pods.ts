/** Which pods this server shows and the recorded one does not, and the other way round. */
import { same, type Verdict } from "@kubemetrics/conformance";
import type { RawAnswer } from "./live-server.ts";
import type { Fixture, Recorded } from "./transcript-fixture.ts";
import { takeApart, type TakenApart } from "./transcript-items.ts";

function recordedBody({ body, bodyBase64 }: Recorded): Buffer {
  return bodyBase64 === undefined ? Buffer.from(body ?? "") : Buffer.from(bodyBase64, "base64");
}

const containerLine = /^container_(\w+)\{container="([^"]*)",namespace="([^"]*)",pod="([^"]*)"\} (\S+)/gm;

interface Reading {
  readonly family: string;
  readonly container: string;
  readonly pod: string;
  readonly value: number;
}

function readings(scrape: NonNullable<Fixture["scrapes"]>[number] | undefined): Reading[] {
  return Object.values(scrape?.kubelets ?? {}).flatMap(({ body }) =>
    [...body.matchAll(containerLine)].map(([, family = "", container = "", namespace = "", name = "", value]) => ({
      family,
      container,
      pod: `${namespace}/${name}`,
      value: Number(value),
    })),
  );
}

/** Pods with a zero among their usage: upstream drops the whole pod. */
function podsWithZero({ scrapes }: Fixture): ReadonlySet<string> {
  const zeros = readings(scrapes?.at(-1)).filter(({ family, value }) => family !== "start_time_seconds" && value === 0);
  return new Set(zeros.map(({ pod }) => pod));
}

/** Pods with a container that has no rate, because its counter went back: upstream leaves the container out. */
function podsWithoutAContainer({ scrapes }: Fixture): ReadonlySet<string> {
  const cpu = (scrape: number): Map<string, Reading> =>
    new Map(
      readings(scrapes?.at(scrape))
        .filter(({ family }) => family === "cpu_usage_seconds_total")
        .map((reading) => [`${reading.pod}/${reading.container}`, reading]),
    );
  const before = cpu(-2);
  return new Set([...cpu(-1)].flatMap(([key, { pod, value }]) => (value < (before.get(key)?.value ?? 0) ? [pod] : [])));
}

/** Whether the recorded answer shows a pod without one of its containers. */
export function showsPartialPod(fixture: Fixture, recorded: Recorded): boolean {
  const body = recordedBody(recorded).toString("latin1");
  return [...podsWithoutAContainer(fixture)].some((pod) => body.includes(pod.split("/")[1] ?? ""));
}

export function hasPodWithZero(fixture: Fixture): boolean {
  return podsWithZero(fixture).size > 0;
}

/** The recorded answer without pods that lack a container, with pods that have zeros, and otherwise the same. */
export function comparePods(fixture: Fixture, target: string, recorded: Recorded, ours: RawAnswer): Verdict {
  const [zero, partial] = [podsWithZero(fixture), podsWithoutAContainer(fixture)];
  const [, namespace, name] = /\/namespaces\/([^/?]+)\/pods\/([^/?]+)/.exec(target) ?? [];
  const key = `${namespace}/${name}`;
  if (partial.has(key)) return same([404, true], [ours.status, ours.body.includes("podmetrics.metrics.k8s.io")]);
  if (zero.has(key)) return same([200, true], [ours.status, ours.body.includes('"cpu":"0"')]);
  const type = ours.headers.get("content-type") ?? "";
  const without = ({ rest, items }: TakenApart, pods: ReadonlySet<string>): unknown => [
    rest,
    ...[...items].filter(([pod]) => !pods.has(pod)),
  ];
  return same(without(takeApart(recordedBody(recorded), type), partial), without(takeApart(ours.body, type), zero));
}
