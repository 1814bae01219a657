/** What an operator sees over the Go metrics-server and over this one, each registered in turn with the same numbers, is the same. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubectlCommands, wordsOf } from "../suites/kubectl-commands.ts";
import { comparable, differences, type Difference } from "../suites/kubectl-differences.ts";
import { kubectls, type Kubectl, type Outcome } from "../suites/kubectl.ts";
import { registerInstead, type RegisteredVersion } from "../suites/registration.ts";
import { startTwoServers, type TwoServers } from "../suites/two-servers.ts";

type Answers = ReadonlyMap<string, Outcome>;

interface Registration {
  readonly name: string;
  readonly server: "ours" | "theirs";
  readonly versions: readonly RegisteredVersion[];
  readonly clients: readonly Kubectl[];
}

/** Answers by registration and kubectl. */
const recorded = new Map<string, Answers>();
const recordOf = (registration: string, { name }: Kubectl): Answers => recorded.get(`${registration}, ${name}`)!;

describe("kubectl over both servers in turn", async () => {
  const clients = await kubectls();
  // kubectl before 1.37 asks for v1beta1 in any case, so that v1beta1 alone would be the same to it.
  const ofOurs: readonly Registration[] = [
    { name: "ours as v1beta1 only", server: "ours", versions: ["v1beta1"], clients: clients.slice(0, 1) },
    { name: "ours as v1 and v1beta1, as deployed", server: "ours", versions: ["v1", "v1beta1"], clients },
  ];
  const theirs: Registration = { name: "theirs", server: "theirs", versions: ["v1beta1"], clients };
  let both: TwoServers;

  beforeAll(async () => {
    both = await startTwoServers();
    const { admin, plane } = both.cluster;
    const authorityPem = plane.clusterAuthority.certificatePem;
    for (const { name, server, versions, clients: asking } of [theirs, ...ofOurs]) {
      await registerInstead(admin, { port: both.ports[server], authorityPem, versions });
      for (const client of asking) recorded.set(`${name}, ${client.name}`, await record(client, both));
    }
  });
  afterAll(() => both[Symbol.asyncDispose]());

  const compared = ({ name, versions }: Registration, client: Kubectl, command: string, used?: Set<Difference>) => {
    const before = recordOf(theirs.name, client);
    const answers = { theirs: before.get(command)!, ours: recordOf(name, client).get(command)! };
    return comparable(answers, { command, versions, theirs: before, podsOfNode: both.names.podsOfNode }, used);
  };

  describe.each(ofOurs)("$name", (registration) => {
    describe.each(registration.clients)("$name", (client) => {
      it.each(kubectlCommands)("%s", (command) => {
        const answers = compared(registration, client, command);
        expect(answers.ours).toEqual(answers.theirs);
      });
    });
  });

  it("every difference that the table allows is there", () => {
    const used = new Set<Difference>();
    for (const registration of ofOurs) {
      for (const client of registration.clients) {
        for (const command of kubectlCommands) compared(registration, client, command, used);
      }
    }
    expect(differences.filter((difference) => !used.has(difference)).map(({ what }) => what)).toEqual([]);
  });

  it("over the Go server most commands print something: they are not all the same error", () => {
    for (const client of clients) {
      const printed = [...recordOf(theirs.name, client).values()].filter(({ stdout }) => stdout !== "");
      expect(printed.length).toBeGreaterThan(kubectlCommands.length * 0.6);
    }
  });

  it("the Go server does not serve v1: there is nothing to compare with", async () => {
    expect((await both.theirs.request("GET", "/apis/metrics.k8s.io/v1")).status).toBe(404);
  });
});

/** Runs all commands, a few at a time, with a discovery cache of their own. */
async function record(client: Kubectl, { cluster, names }: TwoServers): Promise<Answers> {
  const cache = mkdtempSync(join(cluster.plane.folder, "kubectl-"));
  const answers = new Map<string, Outcome>();
  const left = kubectlCommands.values();
  const work = async (): Promise<void> => {
    for (const command of left) {
      const words = wordsOf(command, names);
      answers.set(command, await client.outcome(cluster.kubeconfig, "--cache-dir", cache, ...words));
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return answers;
}
