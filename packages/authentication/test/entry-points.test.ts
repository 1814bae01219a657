import * as whole from "@kubemetrics/authentication";
import * as core from "@kubemetrics/authentication/requestheader";
import { expect, test } from "vitest";

test("the core for other servers has what reading identity headers takes, and no way around the proof", () => {
  expect(Object.keys(core).toSorted()).toEqual([
    "CertificateNotAccepted",
    "VerifiedProxy",
    "readIdentityHeaders",
    "standardIdentityHeaders",
    "withoutIdentityHeaders",
  ]);
  expect(whole).toMatchObject(core);
});
