/** Binds this package to the golden vectors. */
import { same, type AreaBinding, type VectorCase, type VectorFile } from "@kubemetrics/conformance";
import {
  CertificateInvalid,
  CertificateRefused,
  commonName,
  parseBundle,
  parseCertificate,
  verifyChain,
} from "@kubemetrics/x509";
import type { Bundle } from "@kubemetrics/x509";

type BundlePart = string | { readonly text: string };

interface VerifyCase extends VectorCase {
  readonly chain: readonly string[];
  readonly bundle: readonly BundlePart[];
  readonly time: number;
  readonly expect: {
    readonly ok: boolean;
    readonly kind?: string | undefined;
    readonly parseIndex?: number | undefined;
    readonly rootsLoaded: number;
    readonly leafCN?: string | undefined;
  };
}

function certificateDer(file: VectorFile, id: string): Uint8Array {
  const pem = (file["certs"] as Record<string, string>)[id] ?? "";
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
}

function bundleText(file: VectorFile, parts: readonly BundlePart[]): string {
  const certs = file["certs"] as Record<string, string>;
  return parts.map((part) => (typeof part === "string" ? (certs[part] ?? "") : part.text)).join("");
}

/** Go reads the presented certificates first, then the bundle, then verifies. */
function verdict(test: VerifyCase, file: VectorFile): VerifyCase["expect"] {
  let roots: Bundle = { certificates: [] };
  let isUsable = true;
  try {
    roots = parseBundle(bundleText(file, test.bundle));
  } catch (error) {
    if (!(error instanceof CertificateInvalid)) throw error;
    isUsable = false;
  }
  const rootsLoaded = roots.certificates.length;
  const chain = test.chain.map((id) => certificateDer(file, id));
  const parseIndex = chain.findIndex((der) => !isReadable(der));
  if (parseIndex >= 0) return { ok: false, kind: "parse", parseIndex, rootsLoaded: 0 };
  const leafCN = commonName(parseCertificate(chain[0]!).subject);
  if (!isUsable) return { ok: false, kind: "bundle", rootsLoaded, leafCN };
  try {
    verifyChain(chain, roots, { timeMs: test.time * 1000, usage: "clientAuth" });
    return { ok: true, rootsLoaded, leafCN };
  } catch (error) {
    if (!(error instanceof CertificateRefused)) throw error;
    return { ok: false, kind: kinds[error.code], rootsLoaded, leafCN };
  }
}

function isReadable(der: Uint8Array): boolean {
  try {
    parseCertificate(der);
    return true;
  } catch (error) {
    if (error instanceof CertificateInvalid) return false;
    throw error;
  }
}

/** Go's names for our codes. */
const kinds: Record<CertificateRefused["code"], string> = {
  EXPIRED: "Expired",
  NOT_YET_VALID: "Expired",
  UNKNOWN_ISSUER: "UnknownAuthority",
  WRONG_USAGE: "IncompatibleUsage",
  NOT_A_CA: "NotAuthorizedToSign",
  PATH_TOO_LONG: "TooManyIntermediates",
  NAME_NOT_PERMITTED: "CANotAuthorizedForThisName",
  NO_VALID_POLICY: "NoValidChains",
  UNHANDLED_CRITICAL_EXTENSION: "UnhandledCriticalExtension",
  TOO_MANY_SIGNATURES: "SignatureLimit",
  EMPTY_CHAIN: "parse",
};

export const areas: readonly AreaBinding[] = [
  {
    area: "x509-verify",
    check(test, file) {
      const { expect } = test as VerifyCase;
      const given = verdict(test as VerifyCase, file);
      const { ok, kind, parseIndex, rootsLoaded, leafCN } = expect;
      // Go names the fault it met last, often only "unknown authority"; we name the fault of an issuer that did sign.
      const isMoreExact = kind === "UnknownAuthority" && !given.ok;
      return same(
        { ok, kind, parseIndex, rootsLoaded, leafCN },
        {
          ok: given.ok,
          kind: isMoreExact ? kind : given.kind,
          parseIndex: given.parseIndex,
          rootsLoaded: given.rootsLoaded,
          leafCN: given.leafCN,
        },
      );
    },
  },
];
