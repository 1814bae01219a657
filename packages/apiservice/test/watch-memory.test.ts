import { expect, test } from "vitest";
import type { WatchEvent } from "@kubemetrics/apiservice";
import { watchReply } from "../src/watch-reply.ts";
import type { Exchange } from "../src/exchange.ts";
import { collectedBytes, ManualClock, MemoryLog } from "./test-server.ts";

async function* changes(): AsyncGenerator<WatchEvent> {
  for (;;) yield await Promise.resolve<WatchEvent>({ type: "MODIFIED", object: { metadata: { name: "t" } } });
}

test("a watch of a hundred thousand changes holds no more memory than one of a thousand", async () => {
  const abort = new AbortController();
  const exchange = { signal: abort.signal, auditId: "id", abort: () => abort.abort() } as Exchange;
  const settings = {
    clock: new ManualClock(),
    random: () => 0,
    log: new MemoryLog(),
    draining: new AbortController().signal,
    sends: () => true,
    show: ({ object }: WatchEvent) => object,
  };
  const { stream } = watchReply(changes(), undefined, exchange, settings);
  const lines = stream?.[Symbol.asyncIterator]();
  const read = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) await lines?.next();
  };
  const used = collectedBytes();
  await read(1_000);
  const before = used();
  await read(100_000);
  expect((used() - before) / 1e6).toBeLessThan(3);
  abort.abort();
  expect(await lines?.next()).toMatchObject({ done: true });
});
