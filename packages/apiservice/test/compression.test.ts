import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { ask, startServer } from "./test-server.ts";
import { thingsGroup } from "./things.ts";

const list = "/apis/g.io/v1/namespaces/n/things";

function segmentsOf(total: number, count: number): readonly Uint8Array[] {
  const text = Buffer.from(Array.from({ length: total }, (_, at) => 97 + ((at * at) % 23)));
  const size = Math.ceil(total / count);
  return Array.from({ length: count }, (_, at) => text.subarray(at * size, (at + 1) * size));
}

test.each([
  [128 * 1024, 1, "gzip", false],
  [128 * 1024 + 1, 1, "gzip", true],
  [300_000, 7, "deflate, gzip;q=0", true],
  [300_000, 300, "gzip", true],
  [300_000, 7, "deflate", false],
  [300_000, 7, "x-gzip", false],
])("%i bytes in %i segments for %s", async (total, count, acceptEncoding, isCompressed) => {
  const segments = segmentsOf(total, count);
  await using server = await startServer({ groups: [thingsGroup({ list: () => ({ body: () => segments }) })] });
  for (const round of ["first", "from kept bytes"]) {
    const answer = await ask(server.port, list, { headers: [["Accept-Encoding", acceptEncoding]] });
    expect([round, answer.headers["content-encoding"], answer.headers["vary"]]).toEqual(
      isCompressed ? [round, "gzip", "Accept-Encoding"] : [round, undefined, undefined],
    );
    const body = isCompressed ? gunzipSync(answer.body) : answer.body;
    expect(body.equals(Buffer.concat(segments))).toBe(true);
  }
});

test("only new segments are compressed again", async () => {
  let segments = segmentsOf(400_000, 4);
  await using server = await startServer({ groups: [thingsGroup({ list: () => ({ body: () => segments }) })] });
  const gzip = { headers: [["Accept-Encoding", "gzip"]] } as const;
  await ask(server.port, list, gzip);
  const other = Buffer.alloc(100_000, "x");
  segments = [...segments.slice(0, 2), other, ...segments.slice(3)];
  const answer = await ask(server.port, list, gzip);
  expect(gunzipSync(answer.body).equals(Buffer.concat(segments))).toBe(true);
});

test("a slow reader gets a long answer whole", async () => {
  const segments = segmentsOf(6_000_000, 90);
  await using server = await startServer({ groups: [thingsGroup({ list: () => ({ body: () => segments }) })] });
  const answer = await ask(server.port, list);
  expect(answer.body.equals(Buffer.concat(segments))).toBe(true);
});
