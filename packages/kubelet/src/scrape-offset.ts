/** Nodes that are due together share the cost of waking up: see `scrapeOffset`. */
const slotsPerPeriod = 20;

/**
 * Where in the period a node is scraped: a hash of its name, so that it is the same in every period, after a restart,
 * and in every replica. Nodes spread evenly over 20 slots, and the windows of a node's rates are all one period long.
 *
 * Slots instead of single moments, because a scrape that wakes an idle process finds cold caches and a sleeping core:
 * 1,000 pages one by one cost 1.6 to 2.7 times the CPU of the same pages in bursts (docs/decisions/0003).
 *
 * @returns milliseconds, 0 ≤ offset < `periodMs`
 */
export function scrapeOffset(node: string, periodMs: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < node.length; at++) hash = Math.imul(hash ^ node.charCodeAt(at), 0x01000193);
  // FNV alone leaves names that differ in their last character close together.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  const slot = Math.floor(((hash >>> 0) / 2 ** 32) * slotsPerPeriod);
  return Math.floor((slot * periodMs) / slotsPerPeriod);
}
