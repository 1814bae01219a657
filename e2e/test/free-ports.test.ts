import { createServer } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { freePort, freePorts } from "../control-plane/free-ports.ts";

afterEach(() => void vi.restoreAllMocks());

/** What Math.random says when this port is tried. */
const turn = (port: number): number => (port - 12_000 + 0.5) / 18_000;

it("gives only ports that neither connections nor port 0 are given, none twice", async () => {
  const ports = await freePorts(50);
  expect(new Set(ports).size).toBe(50);
  expect(ports.filter((port) => port < 12_000 || port > 29_999)).toEqual([]);
});

it("does not give a port again on which nobody listens yet", async () => {
  const given = await freePort();
  vi.spyOn(Math, "random").mockReturnValueOnce(turn(given));
  expect(await freePort()).not.toBe(given);
});

it("passes over a port on which another program listens, and says when there is none", async () => {
  const given = await freePort();
  const listening = createServer();
  const unclaimed = given === 29_999 ? given - 1 : given + 1;
  await new Promise<void>((resolve) => listening.listen(unclaimed, "127.0.0.1", resolve));
  vi.spyOn(Math, "random").mockReturnValueOnce(turn(unclaimed));
  expect(await freePort()).not.toBe(unclaimed);
  vi.spyOn(Math, "random").mockReturnValue(turn(unclaimed));
  await expect(freePort()).rejects.toThrow("none of 100 ports between 12000 and 29999 is free");
  await new Promise((closed) => listening.close(closed));
});
