/** Scans a text page line by line, and says whether it is one at all. */
import type { SampleSink, SeriesScanner } from "@kubemetrics/exposition";
import { KubeletError } from "../kubelet-error.ts";
import type { Rejections } from "./rejections.ts";

const newline = 10;

/**
 * Scans the complete lines of a page. The last line counts only with its newline: a number that was cut is still a number.
 *
 * @throws KubeletError `NOT_METRICS` when lines were rejected and none was of use
 */
export function scanPage(
  scanner: SeriesScanner,
  page: Uint8Array,
  sink: SampleSink,
  rejections: Rejections,
  node: string,
  path: string,
): void {
  const end = page.length === 0 || page[page.length - 1] === newline ? page.length : page.lastIndexOf(newline) + 1;
  const report = scanner.scan(end === page.length ? page : page.subarray(0, end), sink);
  rejections.addScan(report);
  if (end < page.length) rejections.add("unterminated", "the last line has no newline");
  if (report.samples > 0 || rejections.rejected === 0) return;
  const begin = Buffer.from(page.buffer, page.byteOffset, Math.min(page.length, 60)).toString("utf8");
  throw new KubeletError(
    "NOT_METRICS",
    `node ${JSON.stringify(node)}: ${path} is no page of metrics, it begins ${JSON.stringify(begin)}; ` +
      "check that address and port lead to the kubelet and not to a proxy or another server",
    { node },
  );
}
