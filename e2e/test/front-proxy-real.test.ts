/**
 * Who a user is must arrive unchanged: through kube-apiserver's aggregator, our request-header authentication and our SubjectAccessReview,
 * back at kube-apiserver, where the audit log shows it.
 *
 * @see kubernetes `test/integration/examples/apiserver_test.go` (TestFrontProxyConfig)
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubernetesVersion } from "../control-plane/kubernetes-versions.ts";
import type { AuditEvent } from "../control-plane/start.ts";
import { applies } from "../suites/kubernetes-skips.ts";
import { startRealCluster, type RealCluster } from "../suites/real-cluster.ts";

interface ReviewSpec {
  readonly user?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Record<string, readonly string[]>;
  readonly resourceAttributes?: Record<string, string>;
}

const list = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods";
const metricsServer = "system:serviceaccount:kube-system:metrics-server";

/** Reviews that metrics-server asked for about this user. */
function reviewsOf(events: readonly AuditEvent[], user: string): ReviewSpec[] {
  return events
    .filter((event) => event.objectRef?.resource === "subjectaccessreviews" && event.user.username === metricsServer)
    .map((event) => event.requestObject?.spec as ReviewSpec)
    .filter((spec) => spec.user === user);
}

const canSendUid = applies(
  kubernetesVersion().facts.sendsUid,
  "front proxy with UID header",
  "its kube-apiserver has no --requestheader-uid-headers",
);
describe.runIf(canSendUid)("front proxy with UID header", () => {
  frontProxySuite(["--requestheader-uid-headers=X-Remote-Uid"], true);
});
describe("front proxy without UID header", () => {
  frontProxySuite([], false);
});

function frontProxySuite(flags: readonly string[], sendsUid: boolean): void {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await startRealCluster({ plane: { audit: true, apiServerFlags: flags } });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const mayRead = async (subject: object): Promise<void> => {
    await cluster.admin.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { generateName: "reader-" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "system:aggregated-metrics-reader",
      },
      subjects: [subject],
    });
  };

  it("a ServiceAccount's token: name, groups, extra and UID arrive, in exactly one review for one list", async () => {
    const token = await cluster.token("default", "reader");
    const account = await cluster.admin.get("/api/v1/namespaces/default/serviceaccounts/reader");
    await mayRead({ kind: "ServiceAccount", name: "reader", namespace: "default" });

    const answer = await cluster.as({ token }).request("GET", list);
    expect(answer.status).toBe(200);

    const user = "system:serviceaccount:default:reader";
    const reviews = reviewsOf(cluster.plane.auditEvents(), user);
    expect(reviews).toHaveLength(1);
    const [review] = reviews;
    expect(review?.groups?.toSorted()).toEqual([
      "system:authenticated",
      "system:serviceaccounts",
      "system:serviceaccounts:default",
    ]);
    expect(review?.uid ?? "").toBe(sendsUid ? account.metadata.uid : "");
    expect(review?.extra).toEqual({
      "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^JTI=[\da-f-]{36}$/)],
    });
    expect(review?.resourceAttributes).toEqual({
      namespace: "default",
      verb: "list",
      group: "metrics.k8s.io",
      version: "v1beta1",
      resource: "pods",
    });
    // The token itself goes no further than kube-apiserver.
    const tokenReviews = cluster.plane
      .auditEvents()
      .filter((event) => event.objectRef?.resource === "tokenreviews" && event.user.username === metricsServer);
    expect(tokenReviews).toEqual([]);
  });

  it("an impersonated user with awkward names arrives letter by letter", async () => {
    const user = "jörg %2F+ o'neil";
    await mayRead({ kind: "User", name: user });
    const answer = await cluster.admin.request("GET", list, undefined, {
      "impersonate-user": Buffer.from(user).toString("latin1"),
      "impersonate-group": "team: blue, green",
      "impersonate-uid": "uid/1",
      "impersonate-extra-example.com%2Fscope%25": "a,b ; c=d",
    });
    expect([answer.status, answer.text.slice(0, 200)]).toEqual([200, expect.anything()]);
    const [review, ...others] = reviewsOf(cluster.plane.auditEvents(), user);
    expect(others).toEqual([]);
    expect(review).toMatchObject({
      user,
      groups: ["team: blue, green", "system:authenticated"],
      extra: { "example.com/scope%": ["a,b ; c=d"] },
    });
    expect(review?.uid ?? "").toBe(sendsUid ? "uid/1" : "");
  });

  it("an administrator (system:masters) costs no review", async () => {
    expect((await cluster.admin.request("GET", list)).status).toBe(200);
    expect(reviewsOf(cluster.plane.auditEvents(), "admin")).toEqual([]);
  });
}
