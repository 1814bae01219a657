import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ConfigMapTrust,
  fixedTrust,
  layeredTrust,
  TrustFiles,
  type ConfigMapState,
  type RequestHeaderFiles,
  type TrustNotice,
} from "@kubemetrics/authentication";
import type { KeyPair } from "@kubemetrics/x509";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clock, mapData, proxyCa, requestHeader, userCa, usualTrust } from "./certificates.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layered-trust-"));
});
afterAll(async () => rm(folder, { recursive: true }));

let said: string[] = [];
let tell: (state: ConfigMapState) => void = () => undefined;
beforeEach(() => {
  said = [];
});
const onNotice = ({ code }: TrustNotice): number => said.push(code);

function map(): ConfigMapTrust {
  const source = {
    subscribe(listener: (state: ConfigMapState) => void) {
      tell = listener;
      return () => undefined;
    },
  };
  return new ConfigMapTrust({ source, onNotice, clock });
}

async function file(name: string, ca: KeyPair): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, ca.certificatePem);
  return path;
}

async function files(users?: KeyPair, proxy?: KeyPair, allowedNames: readonly string[] = []): Promise<TrustFiles> {
  const { usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes } = requestHeader([proxyCa]);
  const names = { usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes, allowedNames };
  const flags: RequestHeaderFiles | undefined =
    proxy === undefined ? undefined : { ...names, authorityFile: await file("proxy.pem", proxy) };
  return TrustFiles.open({
    clientAuthorityFile: users === undefined ? undefined : await file("users.pem", users),
    requestHeader: flags,
    readFile: async (path) => readFile(path, "utf8"),
    onNotice,
    clock,
  });
}

test("each part comes from the upper source where it says something", () => {
  let lower = usualTrust;
  const flagged = requestHeader([userCa], []);
  const layered = layeredTrust(fixedTrust({ requestHeader: flagged }), { current: () => lower });
  expect(layered.current()).toEqual({ requestHeader: flagged, clientAuthorities: usualTrust.clientAuthorities });
  expect(layered.current()).toBe(layered.current());
  const before = layered.current();
  lower = { ...usualTrust, clientAuthorities: undefined };
  expect(layered.current()).not.toBe(before);
  expect(layered.current().clientAuthorities).toBeUndefined();
});

describe("one CA for users and the front proxy is said, although either part alone is good:", () => {
  test("the users' from a flag", async () => {
    const layered = layeredTrust(await files(proxyCa), map());
    tell({ kind: "present", data: mapData({ proxy: [proxyCa], users: [userCa] }) });
    for (let twice = 0; twice < 2; twice++) layered.current();
    expect(said).toEqual(["SHARED_CA"]);
    tell({ kind: "present", data: mapData({ proxy: [proxyCa], users: [userCa] }, []) });
    layered.current();
    expect(said).toEqual(["SHARED_CA", "ALLOWED_NAMES_REMOVED", "SHARED_CA_ANY_NAME"]);
  });

  test("the front proxy's from a flag", async () => {
    const layered = layeredTrust(await files(undefined, userCa), map());
    tell({ kind: "present", data: mapData({ proxy: [proxyCa], users: [userCa] }) });
    layered.current();
    expect(said).toEqual(["SHARED_CA_ANY_NAME"]);
  });

  test("from a file that changes", async () => {
    const upper = await files(userCa);
    const layered = layeredTrust(upper, map());
    tell({ kind: "present", data: mapData({ proxy: [proxyCa], users: [userCa] }) });
    layered.current();
    expect(said).toEqual([]);
    await file("users.pem", proxyCa);
    await upper.reload();
    layered.current();
    expect(said).toEqual(["SHARED_CA"]);
  });
});

test("what one part knows by itself is said once", async () => {
  const shared = mapData({ proxy: [userCa], users: [userCa] });
  const alone = layeredTrust(fixedTrust({}), map());
  tell({ kind: "present", data: shared });
  alone.current();
  expect(said.splice(0)).toEqual(["SHARED_CA"]);
  const flags = layeredTrust(await files(userCa, userCa), map());
  tell({ kind: "present", data: mapData({ proxy: [proxyCa], users: [userCa] }) });
  flags.current();
  expect(said).toEqual(["SHARED_CA_ANY_NAME"]);
});
