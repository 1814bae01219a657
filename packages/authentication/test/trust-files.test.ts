import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  TrustConfigurationInvalid,
  TrustFiles,
  type TrustFilesOptions,
  type TrustNotice,
} from "@kubemetrics/authentication";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clock, proxyCa, userCa } from "./certificates.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trust-files-"));
});
afterAll(async () => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function options(overrides: Partial<TrustFilesOptions>, notices: TrustNotice[] = []): TrustFilesOptions {
  return {
    readFile: async (path) => readFile(path, "utf8"),
    onNotice: (notice) => notices.push(notice),
    clock,
    ...overrides,
  };
}

const headers = {
  usernameHeaders: [" x-remote-user "],
  uidHeaders: [],
  groupHeaders: ["x-remote-group"],
  extraHeaderPrefixes: ["x-remote-extra-"],
  allowedNames: ["front-proxy-client"],
};

test("files are read, and header names from flags are trimmed", async () => {
  const clientAuthorityFile = await file("client.pem", userCa.certificatePem);
  const authorityFile = await file("proxy.pem", proxyCa.certificatePem);
  const files = await TrustFiles.open(options({ clientAuthorityFile, requestHeader: { ...headers, authorityFile } }));
  const { requestHeader, clientAuthorities } = files.current();
  expect(requestHeader?.usernameHeaders).toEqual(["x-remote-user"]);
  expect(requestHeader?.authorities?.certificates).toHaveLength(1);
  expect(clientAuthorities?.certificates).toHaveLength(1);
});

test("a file that changes is taken with the next reload; one that breaks is not, and is said once", async () => {
  const notices: TrustNotice[] = [];
  const clientAuthorityFile = await file("rotated.pem", userCa.certificatePem);
  const files = await TrustFiles.open(options({ clientAuthorityFile }, notices));
  const first = files.current();
  await files.reload();
  expect(files.current()).toBe(first);

  await file("rotated.pem", userCa.certificatePem + proxyCa.certificatePem);
  await files.reload();
  const second = files.current();
  expect(second.clientAuthorities?.certificates).toHaveLength(2);

  await file("rotated.pem", "half a file");
  await files.reload();
  await files.reload();
  expect(files.current()).toBe(second);
  expect(notices).toEqual([
    { code: "BAD_VALUE", message: expect.stringMatching(/rotated\.pem: .*last good bundle stays/) },
  ]);

  await rm(clientAuthorityFile);
  await files.reload();
  expect(files.current()).toBe(second);
  expect(notices.at(-1)?.message).toMatch(/ENOENT/);
});

test("at start every problem is listed at once", async () => {
  const authorityFile = await file("broken.pem", "x");
  const opening = TrustFiles.open(
    options({
      clientAuthorityFile: join(folder, "missing.pem"),
      requestHeader: { ...headers, authorityFile, groupHeaders: ["a", " "], extraHeaderPrefixes: [""] },
    }),
  );
  await expect(opening).rejects.toThrow(TrustConfigurationInvalid);
  await expect(opening).rejects.toThrow(
    /--requestheader-group-headers[^]*--requestheader-extra[^]*missing\.pem[^]*broken\.pem/,
  );
});
