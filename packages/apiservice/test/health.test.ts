import { expect, test } from "vitest";
import type { HealthCheck } from "@kubemetrics/apiservice";
import { ask, startServer } from "./test-server.ts";

test("a check is logged when it starts to fail and when it recovers, not in between", async () => {
  let failure: string | undefined = "no node has answered yet";
  const check: HealthCheck = { name: "storage", endpoints: ["readyz"], check: () => failure };
  await using server = await startServer({ health: [check] });
  for (const next of ["no node has answered yet", "still not", undefined, undefined]) {
    await ask(server.port, "/readyz");
    failure = next;
  }
  await ask(server.port, "/readyz");
  expect(server.log.lines.map(({ message, fields }) => [message, fields["reason"]])).toEqual([
    ["health check fails", "no node has answered yet"],
    ["health check passes again", undefined],
  ]);
});

test.each([
  [
    "/readyz?exclude=storage&exclude=b&exclude=a&verbose",
    '[+]ping ok\n[+]log ok\n[+]storage excluded: ok\n[+]shutdown ok\nwarn: some health checks cannot be excluded: no matches for "a","b"\nreadyz check passed\n',
  ],
  ["/livez?verbose", "[+]ping ok\n[+]log ok\nlivez check passed\n"],
  ["/livez/storage", undefined],
])("%s", async (target, text) => {
  const check: HealthCheck = { name: "storage", endpoints: ["readyz"], check: () => "broken" };
  await using server = await startServer({ health: [check] });
  const answer = await ask(server.port, target);
  expect(answer.status === 404 ? undefined : answer.text).toBe(text);
});
