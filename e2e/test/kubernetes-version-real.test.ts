/** The programs are of the version that this run is about, and what sets it apart from the others is so. */
import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { program, type Program } from "../control-plane/assets.ts";
import { kubernetesVersion } from "../control-plane/kubernetes-versions.ts";
import { kubectls } from "../suites/kubectl.ts";
import { startSandboxCluster } from "../suites/sandbox-cluster.ts";

const { minor, version, facts } = kubernetesVersion();

describe(`Kubernetes ${minor}`, () => {
  it.each<Program>(["kube-apiserver", "kube-controller-manager"])("%s is of this version", async (name) => {
    expect(execFileSync(await program(name), ["--version"], { encoding: "utf8" }).trim()).toBe(`Kubernetes ${version}`);
  });

  it("kubectl is of this version", async () => {
    const printed = execFileSync(await program("kubectl"), ["version", "--client", "-o", "json"], { encoding: "utf8" });
    expect(JSON.parse(printed)).toMatchObject({ clientVersion: { gitVersion: version } });
  });

  it(`kubectl top reads ${facts.topReads} of metrics.k8s.io`, async () => {
    await using cluster = await startSandboxCluster({ nodes: 3, podsPerNode: 8 });
    const [kubectl] = await kubectls();
    for (const [resource, ...flags] of [["nodes"], ["pods", "-A"]]) {
      const asked = await kubectl!.outcome(cluster.kubeconfig, "top", resource!, ...flags, "-v=6");
      const read = asked.stderr.match(/\/apis\/metrics\.k8s\.io\/\w+\/\w+/g);
      expect([asked.status, read]).toEqual([0, [`/apis/metrics.k8s.io/${facts.topReads}/${resource}`]]);
    }
  });

  it(`kube-apiserver ${facts.sendsUid ? "knows" : "does not know"} a flag for the header of UIDs`, async () => {
    const flags = ["--requestheader-uid-headers=X-Remote-Uid", "--version"];
    const { stderr, status } = spawnSync(await program("kube-apiserver"), flags, { encoding: "utf8" });
    expect([status === 0, stderr.includes("unknown flag: --requestheader-uid-headers")]).toEqual([
      facts.sendsUid,
      !facts.sendsUid,
    ]);
  });
});
