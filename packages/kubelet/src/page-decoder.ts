/** What every page decoder has in common. */
import type { NameTable } from "./name-table.ts";
import type { NodePoints } from "./node-points.ts";
import type { PointColumns } from "./point-columns.ts";

/** A page as points, with what was wrong with it. */
export interface DecodedPage {
  /** Valid only until the next page is decoded, by any decoder that shares the columns. */
  readonly points: NodePoints;
  /** Lines or values that were left out. The rest of the page counts. */
  readonly rejected: number;
  /** How many, by reason. */
  readonly rejectedBy: Readonly<Record<string, number>>;
  /** The first of them, in words; `undefined` when nothing was left out. */
  readonly firstRejected: string | undefined;
}

/** What decoders of several nodes may share. Nothing shared is also fine, and takes more memory. */
export interface DecoderOptions {
  readonly columns?: PointColumns | undefined;
  readonly names?: NameTable | undefined;
}

/**
 * Turns the pages of one node into points. Keeps the containers' identities from page to page, so each node has its own.
 */
export interface PageDecoder {
  /**
   * @param page - the body
   * @param requestMs - when the request was sent: the time of readings that carry none
   * @throws KubeletError `NOT_METRICS` when nothing in the page is what the endpoint answers
   */
  decode(page: Uint8Array, requestMs: number): DecodedPage;
}
