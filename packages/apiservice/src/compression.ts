/**
 * gzip for large answers.
 *
 * Each segment is compressed by itself, once, and its compressed bytes are kept as long as the segment is alive: a list
 * assembled from known segments costs no compression. The result is one ordinary gzip member, since not every client
 * reads several.
 */
import { promisify } from "node:util";
import { constants, deflateRaw } from "node:zlib";
import { joinedCrc, partSum, type PartSum } from "./internal/crc32.ts";
import type { MaybePromise, Reply } from "./reply.ts";

/** Smaller answers are not worth it. Upstream's figure. */
const threshold = 128 * 1024;
const fastest = 1;

interface CompressedPart extends PartSum {
  /** Deflate blocks that end on a byte and refer to nothing before them. */
  readonly deflated: Uint8Array;
}

const deflate = promisify(deflateRaw) as (bytes: Uint8Array, options: object) => Promise<Buffer>;
const options = { level: fastest, finishFlush: constants.Z_SYNC_FLUSH };
const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
/** An empty last block. */
const lastBlock = Buffer.from([0x03, 0x00]);

/** Compressed segments by the segment itself: garbage together with it. */
export type CompressedSegments = WeakMap<Uint8Array, CompressedPart>;

/** The reply itself when it is small or the client does not take gzip. `q` is not looked at, as upstream. */
export function compressed(reply: Reply, acceptEncoding: string, known: CompressedSegments): MaybePromise<Reply> {
  const { segments } = reply;
  if (segments === undefined || acceptEncoding === "") return reply;
  let length = 0;
  for (const segment of segments) length += segment.length;
  if (length <= threshold || !takesGzip(acceptEncoding)) return reply;
  const parts: CompressedPart[] = [];
  for (const segment of segments) {
    const part = known.get(segment);
    if (part === undefined) return compressAll(reply, segments, length, known);
    parts.push(part);
  }
  return withParts(reply, parts, length);
}

function takesGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(",").some((token) => token.split(";", 1)[0]?.trim() === "gzip");
}

/** Off the main thread. */
async function compressAll(
  reply: Reply,
  segments: readonly Uint8Array[],
  length: number,
  known: CompressedSegments,
): Promise<Reply> {
  const parts = await Promise.all(
    segments.map(async (segment) => {
      const part = known.get(segment) ?? { deflated: await deflate(segment, options), ...partSum(segment) };
      known.set(segment, part);
      return part;
    }),
  );
  return withParts(reply, parts, length);
}

function withParts(reply: Reply, parts: readonly CompressedPart[], length: number): Reply {
  const trailer = Buffer.alloc(8);
  let crc = 0;
  for (const part of parts) crc = joinedCrc(crc, part);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return {
    status: reply.status,
    headers: { ...reply.headers, "content-encoding": "gzip", vary: "Accept-Encoding" },
    segments: [head, ...parts.map((part) => part.deflated), lastBlock, trailer],
  };
}
