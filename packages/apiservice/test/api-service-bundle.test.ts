import { issueAuthority, parseBundle } from "@kubemetrics/x509";
import { describe, expect, test } from "vitest";
import { mergedCaBundle } from "../src/api-service-bundle.ts";
import { issueServiceAuthority } from "../src/api-service-certificate.ts";

const now = Date.UTC(2026, 2, 1);
const hour = 3_600_000;
const clock = (): number => now - 1000 * hour;
const authority = (commonName: string, notAfterMs = now + 1000 * hour): string =>
  issueAuthority({ commonName, clock, notAfterMs }).certificatePem;

const own = authority("own");
const other = authority("other");
const expired = authority("expired", now - 2 * hour);
const justExpired = authority("just expired", now - hour / 2);
const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

test.each([
  { name: "an empty bundle gets the authority", current: "", own: [own], merged: own },
  { name: "others stay, in their order", current: other, own: [own], merged: other + own },
  { name: "what expired goes", current: expired + other, own: [own], merged: other + own },
  { name: "what expired goes even when nothing is missing", current: own + expired, own: [own], merged: own },
  {
    name: "clocks that disagree by half an hour drop nothing",
    current: own + justExpired,
    own: [own],
    merged: undefined,
  },
  { name: "nothing to do", current: other + own, own: [own], merged: undefined },
  { name: "text and white space are nothing to do", current: `# ours\n${own}\n\n`, own: [own], merged: undefined },
  { name: "one that cannot be read stays: it is not ours", current: broken, own: [own], merged: `${broken}\n${own}` },
  { name: "two of our own", current: own, own: [own, other], merged: own + other },
  { name: "our own stays, whatever our clock says", current: expired, own: [expired], merged: undefined },
])("$name", ({ current, own: wanted, merged }) => {
  expect(mergedCaBundle(current, wanted, now)).toBe(merged);
});

test("authorities of replicas that crashed do not fill the object: the first ones go, others' stay", () => {
  let bundle = other;
  const all = Array.from({ length: 40 }, (_, start) => issueServiceAuthority(now + start * 1000, 1000 * hour));
  for (const { certificatePem } of all) bundle = mergedCaBundle(bundle, [certificatePem], now + 60_000) ?? bundle;
  const left = parseBundle(bundle).certificates.length;
  expect(left).toBe(33);
  expect(bundle).toContain(other.trim());
  for (const { certificatePem } of all.slice(-32)) expect(bundle).toContain(certificatePem.trim());
});

/** Restarts of one replica, one each five minutes; `look` is what the others do after each. */
function restart(times: number, bundle: string, look: (bundle: string, start: number) => string): string {
  let left = bundle;
  for (let start = 1; start <= times; start++) {
    const { certificatePem } = issueServiceAuthority(now + start * 300_000, 1000 * hour);
    left = look(mergedCaBundle(left, [certificatePem], now + start * 300_000) ?? left, start);
  }
  return left;
}

describe("a replica that restarts all the time", () => {
  const healthy = issueServiceAuthority(now, 1000 * hour).certificatePem;
  const settled = healthy + issueServiceAuthority(now, 1000 * hour).certificatePem;

  test("never drops the authority of one that looks meanwhile, at a write each two dozen restarts", () => {
    let writes = 0;
    restart(120, settled, (bundle, start) => {
      expect(bundle.includes(healthy.trim()), `after restart ${start}`).toBe(true);
      const moved = mergedCaBundle(bundle, [healthy], now);
      if (moved !== undefined) writes++;
      return moved ?? bundle;
    });
    expect(writes).toBe(5);
  });

  test("drops it once in 32 starts when it cannot look, and the next look brings it back for as long", () => {
    const lost: number[] = [];
    restart(100, settled, (bundle, start) => {
      if (bundle.includes(healthy.trim())) return bundle;
      lost.push(start);
      return mergedCaBundle(bundle, [healthy], now) ?? bundle;
    });
    expect(lost).toEqual([31, 63, 95]);
  });

  test("lets one that did not look for eight starts stay, whenever its last look was", () => {
    restart(26, settled, (bundle, start) => {
      const looked = mergedCaBundle(bundle, [healthy], now) ?? bundle;
      expect(restart(8, looked, (next) => next).includes(healthy.trim()), `from restart ${start} on`).toBe(true);
      return looked;
    });
  });
});

test("replicas that share a bundle that is nearly full come to rest: nobody writes for ever", () => {
  const replicas = Array.from({ length: 24 }, (_, at) => issueServiceAuthority(now + at * 1000, 1000 * hour));
  let bundle = restart(32, "", (next) => next);
  const writes = [1, 2, 3].map(() => {
    let count = 0;
    for (const { certificatePem } of replicas) {
      const merged = mergedCaBundle(bundle, [certificatePem], now);
      if (merged !== undefined) count++;
      bundle = merged ?? bundle;
    }
    return count;
  });
  expect(writes).toEqual([24, 0, 0]);
});

test("a bundle of a megabyte of blocks that do not end costs no more than reading it", () => {
  const before = process.cpuUsage();
  const merged = mergedCaBundle(`${broken}\n${"-----BEGIN CERTIFICATE-----\n".repeat(40_000)}`, [own], now);
  const { user, system } = process.cpuUsage(before);
  expect([merged, user + system < 1e6]).toEqual([`${broken}\n${own}`, true]);
});
