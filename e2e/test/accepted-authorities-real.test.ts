/**
 * Whose certificates a server accepts, as a Go client sees it in the handshake: what kube-apiserver names itself, and what follows when
 * both authorities are replaced.
 *
 * @see kubernetes `test/integration/examples/apiserver_test.go` (TestAggregatedAPIServer)
 */
import { writeFileSync } from "node:fs";
import { issueAuthority, issueClient, type KeyPair } from "@kubemetrics/x509";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goHandshake, type GoClient, type GoHandshake } from "../suites/accepted-authorities.ts";
import { keepAsking } from "../suites/keep-asking.ts";
import { eventually } from "../suites/metrics-server-process.ts";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

const nodes = "/apis/metrics.k8s.io/v1/nodes";
const users = "CN=kubernetes";
const frontProxy = "CN=front-proxy";

let cluster: RealCluster;
beforeAll(async () => {
  cluster = await startRealCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const seenAt = (url: string, more: Partial<GoClient> = {}): Promise<GoHandshake> =>
  goHandshake({ url, authorityPem: cluster.plane.clusterAuthority.certificatePem, ...more });
const namesOf = async (url: string): Promise<readonly string[]> => (await seenAt(`${url}/livez`)).names;
/** Asked for by somebody who is known, it is there as soon as the server is. */
const discovery = (more: Partial<GoClient>): Promise<GoHandshake> =>
  seenAt(`${cluster.serverUrl}/apis/metrics.k8s.io/v1`, more);

/** Of a stranger first. */
function several(): readonly KeyPair[] {
  const admin = { commonName: "admin", organizations: ["system:masters"] };
  const authorities = [issueAuthority({ commonName: "elsewhere" }), cluster.plane.clusterAuthority];
  return authorities.map((authority) => issueClient(authority, admin));
}

const bothVersions = [
  { version: "TLS 1.3", isTls12: false },
  { version: "TLS 1.2", isTls12: true },
];

describe.each(bothVersions)("without --send-client-ca-names, over $version", ({ isTls12 }) => {
  it("no names are sent, a certificate is asked for all the same, and a client with several may show the wrong one", async () => {
    const seen = await discovery({ certificates: several(), isTls12 });
    expect(seen).toMatchObject({ asked: true, names: [], status: 401 });
  });
});

describe("with --send-client-ca-names", () => {
  beforeAll(async () => {
    await cluster.restartServer(["--send-client-ca-names"]);
    await eventually("names are sent", async () => (await namesOf(cluster.serverUrl))[0], 20_000);
  });

  it.each(bothVersions)("the names are kube-apiserver's, in its order, over $version", async ({ isTls12 }) => {
    const own = await seenAt(`${cluster.plane.url}/livez`, { isTls12 });
    expect(own).toMatchObject({ asked: true, names: [users, frontProxy] });
    expect(await discovery({ isTls12 })).toMatchObject({ asked: true, names: own.names });
  });

  it.each(bothVersions)(
    "a Go client with several certificates shows the one that is believed, over $version",
    async ({ isTls12 }) => {
      expect(await discovery({ certificates: several(), isTls12 })).toMatchObject({ status: 200 });
    },
  );

  it.each(bothVersions)(
    "a certificate below an intermediate authority is believed, over $version",
    async ({ isTls12 }) => {
      const { clusterAuthority: parent } = cluster.plane;
      const intermediate = issueAuthority({ commonName: "intermediate", parent });
      const leaf = issueClient(intermediate, { commonName: "admin", organizations: ["system:masters"] });
      const chain = { ...leaf, certificatePem: `${leaf.certificatePem}${intermediate.certificatePem}` };
      expect(await discovery({ certificates: [chain], isTls12 })).toMatchObject({ status: 200 });
    },
  );

  it("both authorities replaced: four names without a restart, kube-apiserver has the new two, and no request fails", async () => {
    const { plane, server, serverUrl } = cluster;
    const next = { users: issueAuthority({ commonName: "next" }), proxy: issueAuthority({ commonName: "next-proxy" }) };
    const token = await cluster.token("default", "admin");
    await cluster.admin.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "admin" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", namespace: "default", name: "admin" }],
    });
    const [through, direct] = [cluster.as({ token }), cluster.direct(cluster.user("admin", ["system:masters"]))];
    await eventually("usage is served", () => through.get<object>(nodes), 20_000);
    const asking = [keepAsking(through, nodes), keepAsking(direct, nodes)];
    await Promise.all(asking.map((one) => one.goesOn(20)));

    writeFileSync(plane.files.clusterAuthority, next.users.certificatePem);
    writeFileSync(plane.files.frontProxyAuthority, next.proxy.certificatePem);
    const replaced = async (): Promise<readonly string[] | undefined> => {
      const names = await namesOf(plane.url);
      return names.includes(users) || names.includes(frontProxy) ? undefined : names;
    };
    const own = await eventually("kube-apiserver names the new authorities", replaced, 70_000);
    expect(own).toEqual(["CN=next", "CN=next-proxy"]);
    const four = async (): Promise<readonly string[] | undefined> => {
      const names = await namesOf(serverUrl);
      return names.length > 3 ? names : undefined;
    };
    // kube-apiserver adds what it believes now to the ConfigMap: whoever was believed still is.
    const names = await eventually("four names", four, 20_000);
    expect(names.toSorted()).toEqual([users, frontProxy, ...own].toSorted());
    const admin = issueClient(next.users, { commonName: "admin", organizations: ["system:masters"] });
    expect(await discovery({ certificates: [admin] })).toMatchObject({ status: 200 });

    await Promise.all(asking.map((one) => one.goesOn(20)));
    expect((await Promise.all(asking.map((one) => one.failures()))).flat()).toEqual([]);
    expect(cluster.server.pid).toBe(server.pid);
  });
});
