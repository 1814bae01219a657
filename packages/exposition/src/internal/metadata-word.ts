import { skipBlanks } from "./bytes.ts";

/** `HELP` and `TYPE` as numbers, first letter in the highest bits. */
const help = 0x48454c50;
const type = 0x54595045;

/** Whether `HELP` or `TYPE` and a blank stand at `at`. `view` is the page too. */
export function isMetadata(page: Buffer, view: DataView, at: number): boolean {
  if (at + 4 > page.length) return false;
  const word = view.getInt32(at);
  return (word === help || word === type) && skipBlanks(page, at + 4) > at + 4;
}
