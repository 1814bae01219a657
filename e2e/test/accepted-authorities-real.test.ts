/**
 * Whose certificates a server accepts, as a Go client sees it in the handshake: what kube-apiserver names itself, and what follows when
 * both authorities are replaced.
 *
 * @see kubernetes `test/integration/examples/apiserver_test.go` (TestAggregatedAPIServer)
 */
import { writeFileSync } from "node:fs";
import { issueAuthority, issueClient } from "@kubemetrics/x509";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiClient } from "../control-plane/api-client.ts";
import { goHandshake, type GoClient, type GoHandshake } from "../suites/accepted-authorities.ts";
import { keepAsking } from "../suites/keep-asking.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { startNamingServer } from "../suites/naming-server.ts";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

const nodes = "/apis/metrics.k8s.io/v1/nodes";
const flunders = "/apis/wardle.example.com/v1alpha1/flunders";
const users = "CN=kubernetes";
const frontProxy = "CN=front-proxy";

let cluster: RealCluster;
let authorityPem: string;
let naming: string;
beforeAll(async () => {
  cluster = await startRealCluster();
  authorityPem = cluster.plane.clusterAuthority.certificatePem;
  naming = (await startNamingServer(cluster)).url;
});
afterAll(() => cluster[Symbol.asyncDispose]());

const seenAt = (url: string, more: Partial<GoClient> = {}): Promise<GoHandshake> =>
  goHandshake({ url, authorityPem, ...more });
const namesOf = async (url: string): Promise<readonly string[]> => (await seenAt(url)).names;

describe.each([
  { version: "TLS 1.3", isTls12: false },
  { version: "TLS 1.2", isTls12: true },
])("over $version", ({ isTls12 }) => {
  it("a server that names authorities names those of kube-apiserver, in its order", async () => {
    const own = await seenAt(`${cluster.plane.url}/livez`, { isTls12 });
    expect(own).toMatchObject({ asked: true, names: [users, frontProxy] });
    expect(await seenAt(`${naming}/livez`, { isTls12 })).toMatchObject({ asked: true, names: own.names });
  });

  it("a server that is not told to names none, and asks for a certificate all the same", async () => {
    expect(await seenAt(`${cluster.serverUrl}/livez`, { isTls12 })).toMatchObject({
      asked: true,
      names: [],
      status: 200,
    });
  });

  it("a Go client with several certificates shows the one that is believed, which without names it cannot know", async () => {
    const stranger = issueClient(issueAuthority({ commonName: "elsewhere" }), { commonName: "admin" });
    const admin = issueClient(cluster.plane.clusterAuthority, {
      commonName: "admin",
      organizations: ["system:masters"],
    });
    const certificates = [stranger, admin];
    expect(await seenAt(`${naming}${flunders}`, { certificates, isTls12 })).toMatchObject({ status: 200 });
    expect(await seenAt(`${cluster.serverUrl}${nodes}`, { certificates, isTls12 })).toMatchObject({ status: 401 });
  });

  it("a certificate below an intermediate authority is believed although names are sent", async () => {
    const { clusterAuthority: parent } = cluster.plane;
    const intermediate = issueAuthority({ commonName: "intermediate", parent });
    const leaf = issueClient(intermediate, { commonName: "admin", organizations: ["system:masters"] });
    const chain = { ...leaf, certificatePem: `${leaf.certificatePem}${intermediate.certificatePem}` };
    expect(await seenAt(`${naming}${flunders}`, { certificates: [chain], isTls12 })).toMatchObject({ status: 200 });
  });
});

it("both authorities replaced: four names without a restart, kube-apiserver has the new two, and no request fails", async () => {
  const { plane } = cluster;
  const next = { users: issueAuthority({ commonName: "next" }), proxy: issueAuthority({ commonName: "next-proxy" }) };
  const token = await cluster.token("default", "admin");
  await cluster.admin.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "admin" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", namespace: "default", name: "admin" }],
  });
  const user = cluster.user("admin", ["system:masters"]);
  const atNaming = apiClient({ url: naming, authorityPem }, user);
  cluster.endsWith(atNaming);
  const asking = [
    keepAsking(cluster.as({ token }), nodes),
    keepAsking(cluster.direct(user), nodes),
    keepAsking(atNaming, flunders),
  ];
  await Promise.all(asking.map((one) => one.goesOn(20)));

  writeFileSync(plane.files.clusterAuthority, next.users.certificatePem);
  writeFileSync(plane.files.frontProxyAuthority, next.proxy.certificatePem);
  const replaced = async (): Promise<readonly string[] | undefined> => {
    const names = await namesOf(`${plane.url}/livez`);
    return names.includes(users) || names.includes(frontProxy) ? undefined : names;
  };
  const own = await eventually("kube-apiserver names the new authorities", replaced, 70_000);
  expect(own).toEqual(["CN=next", "CN=next-proxy"]);
  const names = await eventually(
    "four names",
    async () => {
      const seen = await namesOf(`${naming}/livez`);
      return seen.length > 3 ? seen : undefined;
    },
    20_000,
  );
  // kube-apiserver adds to the ConfigMap what it believes now, and takes out what has expired: whoever was believed still is.
  expect(names.toSorted()).toEqual([users, frontProxy, ...own].toSorted());
  const admin = issueClient(next.users, { commonName: "admin", organizations: ["system:masters"] });
  expect(await seenAt(`${naming}${flunders}`, { certificates: [admin] })).toMatchObject({ status: 200 });

  await Promise.all(asking.map((one) => one.goesOn(20)));
  expect((await Promise.all(asking.map((one) => one.failures()))).flat()).toEqual([]);
});
