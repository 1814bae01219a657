import { connect } from "node:tls";
import { issueAuthority, parseBundle } from "@kubemetrics/x509";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiServiceRegistration, type ServingPair } from "@kubemetrics/apiservice";
import { startApiServices, type ApiServices } from "./api-services.ts";
import { ManualClock, MemoryLog, startServer } from "./test-server.ts";

const service = { namespace: "wardle", name: "flunders" };
const name = "v1alpha1.wardle.example.com";
const day = 24 * 3_600_000;

let clock: ManualClock;
let log: MemoryLog;
let apiServices: ApiServices;

beforeEach(async () => {
  clock = new ManualClock();
  clock.ms = Date.now();
  log = new MemoryLog();
  apiServices = await startApiServices(clock);
});
afterEach(() => apiServices[Symbol.asyncDispose]());

function register(options: Partial<ConstructorParameters<typeof ApiServiceRegistration>[0]> = {}) {
  const client = apiServices.client();
  const registration = new ApiServiceRegistration({ service, apiServices: [name], client, clock, log, ...options });
  return { registration, client };
}

/** Whether Node, as kube-aggregator does, accepts `pair` by this bundle and the Service's name. */
async function isBelieved(bundle: string, pair: ServingPair): Promise<boolean> {
  await using server = await startServer({ tls: pair });
  const servername = `${service.name}.${service.namespace}.svc`;
  const socket = connect({ port: server.port, host: "127.0.0.1", ca: bundle, servername });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once("secureConnect", () => resolve(true)).once("error", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

test("the bundle of the server's own APIService gets its authority, and the certificate is good for the Service's name", async () => {
  await apiServices.create(name, { service });
  const { registration } = register();
  await registration.sync();
  expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
  expect(log.lines.map(({ message }) => message)).toEqual(["the APIService trusts this server's authority"]);
  registration.close();
});

test("ready when the bundle is there and had time to be noticed, and then always", async () => {
  await apiServices.create(name, { service });
  const { registration } = register({ settleMs: 5_000 });
  const { health } = registration;
  expect([health.endpoints, health.check()]).toEqual([["readyz"], `APIService ${name} was not looked at yet`]);
  await registration.sync();
  expect(health.check()).toBe(`the caBundle of APIService ${name} was changed a moment ago`);
  clock.ms += 5_000;
  expect(health.check()).toBeUndefined();
  apiServices.failing = new Error("connection refused");
  await registration.sync();
  expect(health.check()).toBeUndefined();
  registration.close();
});

test("ready in time though the machine's clock is set back", async () => {
  await apiServices.create(name, { service });
  let passedMs = 0;
  const setBack = { now: () => clock.ms, elapsed: () => passedMs, after: clock.after.bind(clock) };
  const { registration } = register({ clock: setBack });
  await registration.sync();
  clock.ms -= day;
  passedMs = 4_999;
  expect(registration.health.check()).toBe(`the caBundle of APIService ${name} was changed a moment ago`);
  passedMs = 5_000;
  expect(registration.health.check()).toBeUndefined();
  registration.close();
});

describe("what is left alone", () => {
  const foreign = { namespace: "wardle", name: "others" };
  const injected = { "cert-manager.io/inject-ca-from": "wardle/flunders" };
  test.each([
    {
      what: "another server's",
      spec: { service: foreign },
      says: /belongs to wardle\/others, not to wardle\/flunders/,
    },
    { what: "another namespace's", spec: { service: { ...service, namespace: "x" } }, says: /belongs to x\/flunders/ },
    { what: "kube-apiserver's own", spec: {}, says: /belongs to kube-apiserver itself/ },
    {
      what: "one that verifies nothing",
      spec: { service, insecureSkipTLSVerify: true },
      says: /can pose as it; remove the field/,
    },
    { what: "cert-manager's", spec: { service }, annotations: injected, says: /kept by cert-manager/ },
  ])("$what", async ({ spec, annotations, says }) => {
    await apiServices.create(name, spec, annotations);
    const before = await apiServices.read(name);
    const { registration, client } = register();
    await registration.sync();
    await registration.sync();
    expect(await apiServices.read(name)).toEqual(before);
    expect(client.requests).toEqual([`get ${name}`, `get ${name}`]);
    expect(registration.health.check()).toBeUndefined();
    expect(log.lines.map(({ message }) => message)).toEqual([expect.stringMatching(says)]);
    registration.close();
  });

  test("APIServices that were not named are not even read", async () => {
    await apiServices.create("v1.wardle.example.com", { service });
    await apiServices.create(name, { service });
    const { registration, client } = register();
    await registration.sync();
    expect(client.requests).toEqual([`get ${name}`, `patch ${name}`]);
    expect(await apiServices.bundle("v1.wardle.example.com")).toBe("");
    registration.close();
  });
});

test("an APIService that is made later gets its bundle within seconds", async () => {
  const { registration } = register();
  registration.start(() => undefined);
  await registration.sync();
  expect(registration.health.check()).toBeUndefined();
  await apiServices.create(name, { service });
  clock.advance(5_000);
  await registration.sync();
  expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
  expect(log.lines[0]?.message).toBe(`there is no APIService ${name}; create it, and its caBundle follows`);
  registration.close();
});

test("what cannot be read or written is said once, keeps the server unready, and is tried again", async () => {
  await apiServices.create(name, { service });
  const { registration } = register({ settleMs: 0 });
  apiServices.failing = new Error("kube-apiserver answered 403");
  registration.start(() => undefined);
  await registration.sync();
  clock.advance(5_000);
  await registration.sync();
  expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  expect(registration.health.check()).toBe("kube-apiserver answered 403");
  apiServices.failing = undefined;
  clock.advance(5_000);
  await registration.sync();
  expect(registration.health.check()).toBeUndefined();
  registration.close();
});

test("somebody who empties the bundle does not cut the server off for long", async () => {
  await apiServices.create(name, { service });
  const { registration } = register();
  registration.start(() => undefined);
  await registration.sync();
  await apiServices.remove(name);
  await apiServices.create(name, { service });
  clock.advance(60_000);
  await registration.sync();
  expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
  registration.close();
});

describe("a client that does not trust the certificate", () => {
  test("brings the next look forward, to five seconds after the last", async () => {
    await apiServices.create(name, { service });
    const { registration } = register();
    registration.start(() => undefined);
    await registration.sync();
    await apiServices.remove(name);
    await apiServices.create(name, { service });
    clock.advance(1_000);
    registration.suspect();
    registration.suspect();
    clock.advance(3_999);
    expect(await apiServices.bundle(name)).toBe("");
    clock.advance(1);
    await registration.sync();
    expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
    registration.close();
  });

  test("costs one look in five seconds, however often it comes back", async () => {
    await apiServices.create(name, { service });
    const { registration, client } = register();
    registration.start(() => undefined);
    await registration.sync();
    const before = client.requests.length;
    for (let passedMs = 0; passedMs < 60_000; passedMs += 100) {
      registration.suspect();
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await registration.sync();
    expect(client.requests.length - before).toBeGreaterThan(5);
    expect(client.requests.length - before).toBeLessThan(14);
    registration.close();
  });

  test("while the APIServices are looked at, is looked after in five seconds", async () => {
    await apiServices.create(name, { service });
    const { registration } = register();
    registration.start(() => undefined);
    await registration.sync();
    const pass = registration.sync();
    registration.suspect();
    await pass;
    await apiServices.remove(name);
    await apiServices.create(name, { service });
    clock.advance(5_000);
    await registration.sync();
    expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
    clock.advance(5_000);
    await apiServices.remove(name);
    await apiServices.create(name, { service });
    clock.advance(5_000);
    expect(await apiServices.bundle(name)).toBe("");
    registration.close();
  });

  test("changes nothing before the start and after the end", async () => {
    const { registration, client } = register();
    registration.suspect();
    clock.advance(60_000);
    registration.start(() => undefined);
    await registration.sync();
    registration.close();
    registration.suspect();
    clock.advance(60_000);
    expect(client.requests).toEqual([`get ${name}`]);
  });
});

describe("renewal", () => {
  test("a certificate is renewed under the same authority when a third of its time is left; no APIService changes", async () => {
    await apiServices.create(name, { service });
    const { registration, client } = register();
    const served: ServingPair[] = [];
    registration.start((pair) => served.push(pair));
    await registration.sync();
    const bundle = await apiServices.bundle(name);
    clock.ms += 59 * day;
    await registration.sync();
    expect(served).toEqual([]);
    clock.ms += 2 * day;
    await registration.sync();
    expect(served).toEqual([registration.pair]);
    expect(await apiServices.bundle(name)).toBe(bundle);
    expect(client.requests.filter((request) => request.startsWith("patch"))).toHaveLength(1);
    registration.close();
  });

  test("a new authority is published first, and served only when it had time to be noticed; the old one goes when it expired", async () => {
    await apiServices.create(name, { service });
    // TLS libraries judge by the real time, which is when the second authority comes.
    clock.ms -= 21 * day + 60_000;
    const { registration } = register({ authorityLifetimeMs: 30 * day, certificateLifetimeMs: 30 * day });
    const served: ServingPair[] = [];
    registration.start((pair) => served.push(pair));
    await registration.sync();
    const first = registration.pair;
    clock.ms += 5_000;
    await registration.sync();
    clock.ms += 21 * day;
    await registration.sync();
    expect(served).toEqual([]);
    expect(registration.pair).toBe(first);
    const both = await apiServices.bundle(name);
    expect(parseBundle(both).certificates).toHaveLength(2);
    expect(registration.health.check(), "published, not yet relied on").toBeUndefined();
    clock.ms += 5_000;
    await registration.sync();
    expect(served).toEqual([registration.pair]);
    expect(registration.pair).not.toBe(first);
    expect([await isBelieved(both, first), await isBelieved(both, registration.pair)]).toEqual([true, true]);
    clock.ms += 10 * day;
    await registration.sync();
    const later = await apiServices.bundle(name);
    expect(parseBundle(later).certificates).toHaveLength(1);
    expect(await isBelieved(later, registration.pair)).toBe(true);
    registration.close();
  });

  test("while kube-apiserver cannot be asked, the old pair stays in use; when it ended, the new one is served all the same", async () => {
    await apiServices.create(name, { service });
    const { registration } = register({ authorityLifetimeMs: 30 * day });
    const served: ServingPair[] = [];
    registration.start((pair) => served.push(pair));
    await registration.sync();
    apiServices.failing = new Error("connection refused");
    clock.ms += 21 * day;
    await registration.sync();
    clock.ms += 60_000;
    await registration.sync();
    expect(served).toEqual([]);
    clock.ms += 10 * day;
    await registration.sync();
    expect(served).toHaveLength(1);
    registration.close();
  });

  test.each([
    { what: "a renewed certificate", passes: [61 * day], waitMs: 60_000, says: "serving with a renewed certificate" },
    { what: "a new authority's", passes: [300 * day, 5_000], waitMs: 5_000, says: "serving with a new authority" },
  ])("$what that cannot be served is said once, and the next look brings another", async (renewal) => {
    await apiServices.create(name, { service });
    const { registration } = register({ certificateLifetimeMs: renewal.passes.length === 1 ? 90 * day : 365 * day });
    const served: ServingPair[] = [];
    let failing: Error | undefined = new Error("key values mismatch");
    registration.start((pair) => {
      if (failing !== undefined) throw failing;
      served.push(pair);
    });
    await registration.sync();
    const { pair, authorityPem } = registration;
    for (const passedMs of [...renewal.passes, renewal.waitMs]) {
      clock.advance(passedMs);
      await registration.sync();
    }
    expect([registration.pair, registration.authorityPem, served]).toEqual([pair, authorityPem, []]);
    const errors = log.lines.filter(({ level }) => level === "error").map(({ message }) => message);
    expect(errors).toEqual([
      expect.stringMatching(/cannot be served: key values mismatch; the one before stays, until 20/),
    ]);
    failing = undefined;
    clock.advance(renewal.waitMs);
    await registration.sync();
    expect(served).toEqual([registration.pair]);
    expect(registration.pair).not.toBe(pair);
    expect(log.lines.at(-1)?.message).toBe(renewal.says);
    registration.close();
  });

  test("nothing happens after close", async () => {
    await apiServices.create(name, { service });
    const { registration, client } = register();
    registration.start(() => undefined);
    await registration.sync();
    const sent = client.requests.length;
    registration.close();
    clock.advance(day);
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.requests).toHaveLength(sent);
  });
});

describe("a clock that was ahead and is corrected", () => {
  /** What a registration serves after a look that follows `change`. */
  async function corrected(
    change: (registration: ApiServiceRegistration) => Promise<void>,
    options: Parameters<typeof register>[0] = {},
  ) {
    await apiServices.create(name, { service });
    const { registration } = register(options);
    const served: ServingPair[] = [];
    registration.start((pair) => served.push(pair));
    await registration.sync();
    await change(registration);
    await registration.sync();
    return { registration, served };
  }
  const right = (): Promise<void> => {
    clock.ms = Date.now();
    return Promise.resolve();
  };

  test("after the start, has another authority issued and served at the next look", async () => {
    clock.ms += 2 * day;
    const { registration, served } = await corrected(right);
    expect(served).toEqual([registration.pair]);
    expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
    await registration.sync();
    expect(served).toHaveLength(1);
    registration.close();
  });

  test("after the start, while kube-apiserver cannot be asked, does not wait for it: the old pair is of no use", async () => {
    clock.ms += 2 * day;
    const { registration, served } = await corrected(() => {
      apiServices.failing = new Error("connection refused");
      return right();
    });
    expect(served).toEqual([registration.pair]);
    apiServices.failing = undefined;
    await registration.sync();
    expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
    registration.close();
  });

  test.each([
    { what: "for less time than the authority has", certificateLifetimeMs: 3 * day, aheadMs: 2.5 * day },
    { what: "for as long as the authority lasts", certificateLifetimeMs: 330 * day, aheadMs: 225 * day },
  ])("after a certificate was renewed $what, has it issued again", async ({ certificateLifetimeMs, aheadMs }) => {
    const { registration, served } = await corrected(
      async (early) => {
        clock.ms += aheadMs;
        await early.sync();
        await right();
      },
      { certificateLifetimeMs },
    );
    expect(served).toEqual([expect.anything(), registration.pair]);
    expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
    registration.close();
  });

  test("while a new authority was published, does not end in serving with that one", async () => {
    const { registration } = await corrected(async (early) => {
      clock.ms += 300 * day;
      await early.sync();
      await right();
    });
    clock.advance(5_000);
    await registration.sync();
    expect(await isBelieved(await apiServices.bundle(name), registration.pair)).toBe(true);
    registration.close();
  });
});

test("two replicas that rotate at once lose neither authority, nor a third party's", async () => {
  const third = issueAuthority({ commonName: "somebody's" }).certificatePem;
  await apiServices.create(name, { service, caBundle: Buffer.from(third).toString("base64") });
  const lifetimes = { authorityLifetimeMs: 30 * day };
  clock.ms -= 21 * day + 60_000;
  const replicas = [register(lifetimes), register(lifetimes)];
  for (const { registration } of replicas) registration.start(() => undefined);
  await Promise.all(replicas.map(({ registration }) => registration.sync()));
  clock.ms += 21 * day;

  // Both have read the same version before either writes.
  const bothRead = Promise.withResolvers<void>();
  let waiting = 0;
  apiServices.beforePatch = async () => {
    if (++waiting === 2) bothRead.resolve();
    await bothRead.promise;
  };
  await Promise.all(replicas.map(({ registration }) => registration.sync()));
  const patches = replicas.flatMap(({ client }) => client.requests.filter((request) => request.startsWith("patch")));
  expect(patches.length, "one of them had to try again").toBeGreaterThanOrEqual(5);
  const bundle = await apiServices.bundle(name);
  expect(parseBundle(bundle).certificates).toHaveLength(5);
  for (const { registration } of replicas) expect(await isBelieved(bundle, registration.pair)).toBe(true);

  clock.ms += 5_000;
  await Promise.all(replicas.map(({ registration }) => registration.sync()));
  for (const { registration } of replicas) {
    expect(await isBelieved(bundle, registration.pair)).toBe(true);
    registration.close();
  }
  expect(bundle).toContain(third.trim());
});
