import { ConfigMapTrust, type ConfigMapState, type TrustNotice } from "@kubemetrics/authentication";
import { issueAuthority } from "@kubemetrics/x509";
import { describe, expect, test } from "vitest";
import { clock, day, mapData, now, proxyCa, userCa } from "./certificates.ts";

/** The ConfigMap as the test wants it. */
class Source {
  #listener: (state: ConfigMapState) => void = () => undefined;
  subscriptions = 0;

  subscribe(listener: (state: ConfigMapState) => void): () => void {
    this.#listener = listener;
    this.subscriptions++;
    return () => this.subscriptions--;
  }

  tell(state: ConfigMapState): void {
    this.#listener(state);
  }

  present(data: Readonly<Record<string, string>>): void {
    this.tell({ kind: "present", data });
  }
}

function following(time: () => number = clock): {
  source: Source;
  trust: ConfigMapTrust;
  notices: TrustNotice[];
  codes: () => string[];
} {
  const source = new Source();
  const notices: TrustNotice[] = [];
  const trust = new ConfigMapTrust({ source, onNotice: (notice) => notices.push(notice), clock: time });
  return { source, trust, notices, codes: () => notices.splice(0).map(({ code }) => code) };
}

const usual = mapData({ proxy: [proxyCa], users: [userCa] });
const above = issueAuthority({ commonName: "above", clock });
const below = issueAuthority({ commonName: "below", parent: above, clock });
const lower = issueAuthority({ commonName: "lower", parent: below, clock });
const namesake = issueAuthority({ commonName: "above", clock });

describe("what is said", () => {
  test.for<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ["nothing, when all is well", usual, []],
    ["one CA for both and no allowed names", mapData({ proxy: [userCa], users: [userCa] }, []), ["SHARED_CA_ANY_NAME"]],
    ["one CA for both", mapData({ proxy: [userCa], users: [userCa] }), ["SHARED_CA"]],
    ["one CA of several for both", mapData({ proxy: [proxyCa, userCa], users: [userCa] }), ["SHARED_CA"]],
    ["a CA for users below the front proxy's", mapData({ proxy: [above], users: [below] }), ["SHARED_CA"]],
    [
      "the same without names",
      mapData({ proxy: [proxyCa, above], users: [userCa, below] }, []),
      ["SHARED_CA_ANY_NAME"],
    ],
    ["a CA for users two below the front proxy's", mapData({ proxy: [above], users: [lower, below] }), ["SHARED_CA"]],
    ["nothing, when the front proxy's is below the users'", mapData({ proxy: [below], users: [above] }), []],
    ["nothing, when two CAs only share a name", mapData({ proxy: [above], users: [namesake] }), []],
    ["no aggregation layer", mapData({ users: [userCa] }), ["NO_REQUEST_HEADER"]],
    ["no client CA", mapData({ proxy: [proxyCa] }), ["NO_BUNDLE"]],
    ["a broken bundle", { ...usual, "client-ca-file": "x" }, ["BAD_VALUE"]],
    [
      "a setting that is no list",
      { ...usual, "requestheader-group-headers": "X-Remote-Group" },
      ["BAD_VALUE", "NO_USERNAME_HEADER"],
    ],
    ["no user name header", { ...usual, "requestheader-username-headers": "[]" }, ["NO_USERNAME_HEADER"]],
    ["an empty prefix", { ...usual, "requestheader-extra-headers-prefix": '[""]' }, ["EVERY_HEADER_IS_EXTRA"]],
    ["an expired CA", mapData({ proxy: [proxyCa], users: [aged(-1), userCa] }), ["CA_EXPIRED"]],
    ["only expired CAs", mapData({ proxy: [aged(-1)], users: [userCa] }), ["ALL_EXPIRED"]],
    ["a CA in its last month", mapData({ proxy: [proxyCa], users: [aged(29)] }), ["CA_EXPIRES_SOON"]],
  ])("%s", ([, data, expected]) => {
    const { source, codes } = following();
    source.present(data);
    expect(codes()).toEqual(expected);
    source.present(data);
    expect(codes()).toEqual([]);
  });

  function aged(days: number): ReturnType<typeof issueAuthority> {
    return issueAuthority({
      commonName: `ca${days}`,
      clock,
      notBeforeMs: now - 90 * day,
      notAfterMs: now + days * day,
    });
  }

  test("which CA of users the front proxy's stands above", () => {
    const { source, notices } = following();
    source.present(mapData({ proxy: [above], users: [below] }));
    expect(notices[0]?.message).toMatch(
      /^CA "below" signs users and stands below CA "above" of the front proxy: whoever/,
    );
  });

  test("that trust was widened, once, when the allowed names go", () => {
    const { source, notices, codes } = following();
    source.present(usual);
    const { "requestheader-allowed-names": _, ...without } = usual;
    source.present(without);
    expect(notices[0]?.message).toMatch(/was "front-proxy-client" and is now empty: any certificate .* set .* again/);
    expect(codes()).toEqual(["ALLOWED_NAMES_REMOVED"]);
    source.present(without);
    expect(codes()).toEqual([]);
  });

  test("that a CA is about to expire, when time has gone by without a change", () => {
    let time = now;
    const { source, trust, codes } = following(() => time);
    source.present(usual);
    time += 3640 * day;
    trust.recheck();
    expect(codes()).toEqual(["CA_EXPIRES_SOON", "CA_EXPIRES_SOON"]);
    trust.recheck();
    expect(codes()).toEqual([]);
  });

  test.for([
    [
      'configmaps "extension-apiserver-authentication" is forbidden: User "system:serviceaccount:monitoring:metrics-server" cannot list resource "configmaps"',
      "kubectl create rolebinding metrics-server-auth-reader -n kube-system --role=extension-apiserver-authentication-reader --serviceaccount=monitoring:metrics-server",
    ],
    [
      'User "jane" cannot get resource',
      "kubectl create rolebinding extension-apiserver-auth-reader -n kube-system --role=extension-apiserver-authentication-reader --user=jane",
    ],
    [
      "no",
      "kubectl create rolebinding extension-apiserver-auth-reader -n kube-system --role=extension-apiserver-authentication-reader --serviceaccount=YOUR_NAMESPACE:YOUR_SERVICEACCOUNT",
    ],
  ] as const)("how to allow reading, after %s", ([message, command]) => {
    const { source, trust, notices } = following();
    source.tell({ kind: "forbidden", message });
    expect(notices).toEqual([{ code: "FORBIDDEN", message: expect.stringContaining(`create it with: ${command} (`) }]);
    expect(trust.problem).toContain(command);
  });
});

describe("what is in force", () => {
  test("is nothing before the first answer, which start-up can wait for", async () => {
    const { source, trust } = following();
    expect(trust.current()).toEqual({ requestHeader: undefined, clientAuthorities: undefined });
    expect(trust.problem).toMatch(/not read yet/);
    source.tell({ kind: "failed", message: "connection refused" });
    await trust.answered;
    expect(trust.problem).toMatch(/connection refused.*retried/);
    source.present(usual);
    expect(trust.problem).toBeUndefined();
  });

  test("an absent map is no problem, and appears later", () => {
    const { source, trust, codes } = following();
    source.tell({ kind: "absent" });
    expect([trust.problem, codes()]).toEqual([undefined, ["ABSENT"]]);
    source.present(usual);
    expect(trust.current().requestHeader?.authorities?.certificates).toHaveLength(1);
  });

  test("the request header keys may come later", () => {
    const { source, trust } = following();
    source.present(mapData({ users: [userCa] }));
    expect(trust.current().requestHeader?.authorities).toBeUndefined();
    source.present(usual);
    expect(trust.current().requestHeader?.usernameHeaders).toEqual(["X-Remote-User"]);
  });

  test.for<[string, ConfigMapState]>([
    ["the map is deleted", { kind: "absent" }],
    ["reading is forbidden", { kind: "forbidden", message: "no" }],
    ["kube-apiserver does not answer", { kind: "failed", message: "timeout" }],
    [
      "nothing in it can be used any more",
      {
        kind: "present",
        data: {
          ...usual,
          "client-ca-file": "",
          "requestheader-client-ca-file": "x",
          "requestheader-username-headers": "{",
        },
      },
    ],
  ])("stays, as the same object, when %s", ([, state]) => {
    const { source, trust, codes } = following();
    source.present(usual);
    const before = trust.current();
    source.tell(state);
    expect(codes().length).toBeGreaterThan(0);
    expect([trust.current() === before, trust.problem]).toEqual([true, undefined]);
  });

  test("is the same object after an update that changes nothing", () => {
    const { source, trust } = following();
    source.present(usual);
    const before = trust.current();
    source.present({ ...usual, unrelated: "x" });
    expect(trust.current()).toBe(before);
    source.present(mapData({ proxy: [proxyCa], users: [userCa, proxyCa] }));
    expect(trust.current()).not.toBe(before);
  });

  test("stays after closing, which ends the subscription", () => {
    const { source, trust } = following();
    source.present(usual);
    expect(source.subscriptions).toBe(1);
    trust.close();
    expect(source.subscriptions).toBe(0);
    expect(trust.current().clientAuthorities?.certificates).toHaveLength(1);
  });
});
