import {
  anonymous,
  createDelegatingAuthenticator,
  fixedTrust,
  type AuthenticationResult,
  type Authenticator,
  type Trust,
} from "@kubemetrics/authentication";
import { issueAuthority, issueClient } from "@kubemetrics/x509";
import { describe, expect, test } from "vitest";
import {
  alice,
  bundle,
  clock,
  day,
  der,
  now,
  proxy,
  proxyCa,
  requestHeader,
  userCa,
  usualTrust,
} from "./certificates.ts";

const bob = ["X-Remote-User", "bob", "X-Remote-Group", "ops"];

function authenticator(trust: () => Trust, time: () => number = clock): Authenticator {
  return createDelegatingAuthenticator({ trust: { current: trust }, clock: time });
}

function outcome(result: AuthenticationResult | Promise<AuthenticationResult>): string {
  if (result instanceof Promise) return "not at once";
  return result.kind === "authenticated" ? `${result.user.name} ${result.user.groups.join(",")}` : `401`;
}

/** A peer chain that counts how often its certificates are read. */
function counted(...chain: readonly Uint8Array[]): { chain: readonly Uint8Array[]; reads: () => number } {
  let reads = 0;
  const proxied = new Proxy(chain, {
    get(target, key) {
      if (key === "0") reads++;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { chain: proxied, reads: () => reads };
}

describe("without a TokenReview the answer comes at once", () => {
  const subject = authenticator(() => usualTrust);
  test.for<[string, readonly Uint8Array[], readonly string[], string]>([
    ["no credentials", [], [], "system:anonymous system:unauthenticated"],
    ["headers without a certificate", [], bob, "system:anonymous system:unauthenticated"],
    ["the proxy with headers", [der(proxy)], bob, "bob ops,system:authenticated"],
    ["a user's certificate", [der(alice)], [], "alice dev,system:authenticated"],
    ["a user's certificate with headers", [der(alice)], bob, "alice dev,system:authenticated"],
    ["the proxy without a user name", [der(proxy)], ["X-Remote-Group", "system:masters"], "401"],
    [
      "a certificate from elsewhere",
      [der(issueClient(issueAuthority({ commonName: "x" }), { commonName: "x" }))],
      [],
      "401",
    ],
    ["something that is no certificate", [Buffer.from("x")], bob, "401"],
  ])("%s", ([, peerChain, rawHeaders, expected]) => {
    expect(outcome(subject.authenticate({ peerChain, rawHeaders }))).toBe(expected);
  });
});

describe("a verdict about a peer", () => {
  test("is reached once for all requests of a connection", () => {
    const { chain, reads } = counted(der(proxy));
    const subject = authenticator(() => usualTrust);
    for (const name of ["a", "b", "c"]) {
      const result = subject.authenticate({ peerChain: chain, rawHeaders: ["X-Remote-User", name] });
      expect(outcome(result)).toBe(`${name} system:authenticated`);
    }
    expect(reads()).toBe(1);
  });

  test.for([
    ["59 s later is still the same", 59_000, 1],
    ["61 s later is reached anew", 61_000, 2],
    ["is reached anew when the clock steps back", -1, 2],
  ] as const)("%s", ([, later, expected]) => {
    let time = now;
    const { chain, reads } = counted(der(alice));
    const subject = authenticator(
      () => usualTrust,
      () => time,
    );
    expect(outcome(subject.authenticate({ peerChain: chain, rawHeaders: [] }))).toBe("alice dev,system:authenticated");
    time += later;
    expect(outcome(subject.authenticate({ peerChain: chain, rawHeaders: [] }))).toBe("alice dev,system:authenticated");
    expect(reads()).toBe(expected);
  });

  test("ends with the certificate, on the live connection", () => {
    let time = now;
    const peerChain = [der(issueClient(userCa, { commonName: "brief", clock, notAfterMs: now + 5000 }))];
    const subject = authenticator(
      () => usualTrust,
      () => time,
    );
    const at = (ms: number): string => {
      time = now + ms;
      return outcome(subject.authenticate({ peerChain, rawHeaders: [] }));
    };
    expect([at(0), at(5000), at(5001)]).toEqual(["brief system:authenticated", "brief system:authenticated", "401"]);
  });

  test("that was a refusal ends when the certificate begins to be valid", () => {
    let time = now;
    const peerChain = [der(issueClient(userCa, { commonName: "early", clock, notBeforeMs: now + 5000 }))];
    const subject = authenticator(
      () => usualTrust,
      () => time,
    );
    const at = (ms: number): string => {
      time = now + ms;
      return outcome(subject.authenticate({ peerChain, rawHeaders: [] }));
    };
    expect([at(0), at(4999), at(5000)]).toEqual(["401", "401", "early system:authenticated"]);
  });

  test("is judged at the time of its own question, not of an earlier one about the same peer", () => {
    let time = now;
    const both: Trust = { requestHeader: requestHeader([userCa], []), clientAuthorities: bundle(userCa) };
    const peerChain = [der(issueClient(userCa, { commonName: "brief", clock, notAfterMs: now + 5000 }))];
    const subject = authenticator(
      () => both,
      () => time,
    );
    expect(outcome(subject.authenticate({ peerChain, rawHeaders: bob }))).toBe("bob ops,system:authenticated");
    time = now + 6000;
    expect(outcome(subject.authenticate({ peerChain, rawHeaders: [] }))).toBe("401");
  });

  test("follows a change of trust with the next request, in both directions", () => {
    const next = issueAuthority({ commonName: "front-proxy-ca-2", clock });
    const before: Trust = { ...usualTrust, requestHeader: requestHeader([proxyCa]) };
    const after: Trust = { ...usualTrust, requestHeader: requestHeader([next]) };
    let current = before;
    const subject = authenticator(() => current);
    const peerChain = [der(proxy)];
    const outcomes = [before, after, before].map((trust) => {
      current = trust;
      return outcome(subject.authenticate({ peerChain, rawHeaders: bob }));
    });
    expect(outcomes).toEqual(["bob ops,system:authenticated", "401", "bob ops,system:authenticated"]);
  });
});

describe("what handlers still see", () => {
  const credentials = [
    "Authorization",
    "Basic x",
    "X-Remote-User",
    "root",
    "x-remote-uid",
    "0",
    "X-REMOTE-EXTRA-A",
    "1",
  ];
  const others = ["Host", "h", "X_Remote_User", "root", "X-Remote-Userx", "y", "Accept", "a", "accept", "b"];

  test.for<[string, readonly Uint8Array[]]>([
    ["an anonymous request", []],
    ["the proxy's", [der(proxy)]],
    ["a user's", [der(alice)]],
  ])("of %s is neither credentials nor identity, configured or not", ([, peerChain]) => {
    const result = authenticator(() => usualTrust).authenticate({ peerChain, rawHeaders: [...credentials, ...others] });
    expect(result).toMatchObject({ kind: "authenticated", headers: others });
  });

  test("does not include header names that only the configuration knows", () => {
    const custom: Trust = {
      ...usualTrust,
      requestHeader: { ...requestHeader([proxyCa]), usernameHeaders: ["X-My-User"], extraHeaderPrefixes: ["X-My-"] },
    };
    const rawHeaders = [...credentials, "x-my-user", "me", "X-MY-THING", "t", "X-Other", "o"];
    const result = authenticator(() => custom).authenticate({ peerChain: [der(proxy)], rawHeaders });
    expect(result).toMatchObject({ user: { name: "me" }, headers: ["X-Other", "o"] });
  });
});

test("bytes that are not UTF-8 make another user than the characters they would be mistaken for", () => {
  const subject = authenticator(() => usualTrust);
  const names = ["\xe9", "\xc3\xa9", "\xff", "\xfe"].map((name) => {
    const result = subject.authenticate({ peerChain: [der(proxy)], rawHeaders: ["X-Remote-User", name] });
    return result instanceof Promise || result.kind === "refused" ? "" : result.user.name;
  });
  expect(new Set(names).size).toBe(4);
  expect(names[1]).toBe("é");
  expect(Buffer.from(names[0]!).toString()).toBe("\uFFFD");
});

test("extra keys named like properties of objects are keys like any other", () => {
  const rawHeaders = ["X-Remote-User", "u", "X-Remote-Extra-__proto__", "p", "X-Remote-Extra-constructor", "c"];
  const result = authenticator(() => usualTrust).authenticate({ peerChain: [der(proxy)], rawHeaders });
  expect(result).toMatchObject({
    user: {
      extra: new Map([
        ["__proto__", ["p"]],
        ["constructor", ["c"]],
      ]),
    },
  });
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});

test("with nothing trusted, everybody is anonymous", () => {
  const subject = createDelegatingAuthenticator({ trust: fixedTrust({}) });
  const result = subject.authenticate({ peerChain: [der(alice)], rawHeaders: [...bob, "Authorization", "Bearer t"] });
  expect(result).toEqual({ kind: "authenticated", user: anonymous, headers: [] });
});

test("a refusal says for the log which certificate, which rule and what to do", () => {
  const late = issueClient(proxyCa, { commonName: "front-proxy-client", clock, notAfterMs: now - day });
  const result = authenticator(() => usualTrust).authenticate({ peerChain: [der(late)], rawHeaders: bob });
  expect(result).toMatchObject({
    kind: "refused",
    reason: expect.stringMatching(
      /as front proxy: certificate "front-proxy-client" expired 2027-01-14T08:00:00Z; renew it/,
    ),
  });
});
