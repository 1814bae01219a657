/** The Go server's own manifest with only the image changed: same arguments, RBAC, user, read-only root, `--cert-dir=/tmp`. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../suites/metrics-server-process.ts";
import { kubectl, kubectlWithInput } from "./cluster.ts";

const upstreamImage = "gcr.io/k8s-staging-metrics-server/metrics-server:master";
const ourImage = "kubemetrics/metrics-server:0.1.0";

beforeAll(async () => {
  await kubectl("-n", "kube-system", "delete", "deployment", "metrics-server", "--ignore-not-found", "--wait");
  await kubectl("delete", "apiservice", "v1.metrics.k8s.io", "v1beta1.metrics.k8s.io", "--ignore-not-found");
});
afterAll(() => kubectl("-n", "kube-system", "delete", "deployment", "metrics-server", "--wait=false"));

/** The manifests that the pinned module carries, rendered. */
async function upstreamManifest(): Promise<string> {
  const module = execFileSync("go", ["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/metrics-server"], {
    cwd: join(import.meta.dirname, "../control-plane/metrics-server"),
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off" },
  }).trim();
  const base = join(module, "manifests/base");
  expect(readFileSync(join(base, "deployment.yaml"), "utf8")).toContain(upstreamImage);
  return kubectl("kustomize", base);
}

it("the Go server's v0.9.0 manifest runs this server when only the image is changed", async () => {
  const manifest = await upstreamManifest();
  expect(manifest.split(upstreamImage)).toHaveLength(2);
  await kubectlWithInput(manifest.replace(upstreamImage, ourImage), "apply", "-f", "-");
  await kubectl("-n", "kube-system", "rollout", "status", "deployment/metrics-server", "--timeout=120s");
  await kubectl("wait", "--for=condition=Available", "apiservice/v1beta1.metrics.k8s.io", "--timeout=60s");
  // Ready means numbers of a node; those of this very pod come with its second scrape.
  const top = await eventually(
    "usage of the server's own pod",
    () => kubectl("top", "pods", "-n", "kube-system", "--no-headers"),
    30_000,
  );
  expect(top).toMatch(/^metrics-server-\S+\s+\d+m\s+\d+Mi/m);
});
