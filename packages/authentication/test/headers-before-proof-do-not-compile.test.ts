import { VerifiedProxy as Main, readIdentityHeaders as readByMain } from "@kubemetrics/authentication";
import {
  readIdentityHeaders,
  standardIdentityHeaders,
  VerifiedProxy,
  type UserInfo,
} from "@kubemetrics/authentication/requestheader";
import { expect, expectTypeOf, test } from "vitest";
import { bundle, der, now, proxy, proxyCa } from "./certificates.ts";

const headers = ["X-Remote-User", "admin", "X-Remote-Group", "system:masters"];
const lookalike = { commonName: "front-proxy-client", notAfterMs: Infinity };

test("reading identity headers takes a proof that only the verifier can make", () => {
  expectTypeOf(readIdentityHeaders).parameter(0).toEqualTypeOf<VerifiedProxy>();
  expectTypeOf(lookalike).not.toExtend<VerifiedProxy>();
  const proof: VerifiedProxy = VerifiedProxy.verify(
    [der(proxy)],
    { authorities: bundle(proxyCa), allowedNames: [] },
    now,
  );
  expect(readIdentityHeaders(proof, headers, standardIdentityHeaders)).toMatchObject({ name: "admin" });
  expect(proof.commonName).toBe("front-proxy-client");
});

test("without the proof neither compiler nor runtime let it pass", () => {
  const attempts: (() => UserInfo | undefined)[] = [
    // @ts-expect-error headers alone are no proof
    () => readIdentityHeaders(headers, standardIdentityHeaders),
    // @ts-expect-error something that looks like one is no proof
    () => readIdentityHeaders(lookalike, headers, standardIdentityHeaders),
    // @ts-expect-error the certificates are no proof until they are verified
    () => readIdentityHeaders([der(proxy)], headers, standardIdentityHeaders),
    () =>
      readIdentityHeaders(Object.create(VerifiedProxy.prototype) as VerifiedProxy, headers, standardIdentityHeaders),
  ];
  for (const attempt of attempts) expect(attempt).toThrow(/VerifiedProxy/);
  // @ts-expect-error nobody but the verifier constructs one
  expect(() => new VerifiedProxy({}, Symbol("verifier"))).toThrow(/only VerifiedProxy.verify/);
});

test("the subpath and the main entry share one proof", () => {
  expect(Main).toBe(VerifiedProxy);
  expect(readByMain).toBe(readIdentityHeaders);
});
