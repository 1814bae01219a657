/** The programs are of the version that this run is about, and what sets it apart from the others is so. */
import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { program, type Program } from "../control-plane/assets.ts";
import { kubernetesVersion } from "../control-plane/kubernetes-versions.ts";

const { minor, version, facts } = kubernetesVersion();

describe(`Kubernetes ${minor}`, () => {
  it.each<Program>(["kube-apiserver", "kube-controller-manager"])("%s is of this version", async (name) => {
    expect(execFileSync(await program(name), ["--version"], { encoding: "utf8" }).trim()).toBe(`Kubernetes ${version}`);
  });

  it("kubectl is of this version", async () => {
    const printed = execFileSync(await program("kubectl"), ["version", "--client", "-o", "json"], { encoding: "utf8" });
    expect(JSON.parse(printed)).toMatchObject({ clientVersion: { gitVersion: version } });
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
