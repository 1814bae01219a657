import { expect, test } from "vitest";
import { alerts, refuse } from "./refusing-client.ts";
import { ask, ManualClock, startServer, type TestServer } from "./test-server.ts";

function warnings({ log }: TestServer): readonly object[] {
  return log.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
}

async function gone({ server }: TestServer): Promise<void> {
  while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
}

const distrust = [alerts.badCertificate, alerts.certificateExpired, alerts.certificateUnknown, alerts.unknownCa];

test.each((["TLSv1.2", "TLSv1.3"] as const).flatMap((version) => distrust.map((alert) => ({ version, alert }))))(
  "$version, alert $alert: who does not trust the certificate is noticed",
  async ({ version, alert }) => {
    let refusals = 0;
    await using server = await startServer({ onCertificateRefused: () => refusals++ });
    await refuse(server.port, alert, version);
    await gone(server);
    expect([refusals, warnings(server)]).toEqual([
      1,
      [{ code: expect.stringMatching(/_ALERT_/) as string, client: "127.0.0.1" }],
    ]);
  },
);

test("it is said once a minute, and told each time", async () => {
  const clock = new ManualClock();
  let refusals = 0;
  await using server = await startServer({ clock, onCertificateRefused: () => refusals++ });
  for (const pauseMs of [0, 0, 59_999, 1]) {
    clock.ms += pauseMs;
    await refuse(server.port, alerts.unknownCa);
    await gone(server);
  }
  expect(refusals).toBe(4);
  expect(warnings(server)).toMatchObject([{ client: "127.0.0.1" }, { suppressed: 2 }]);
});

test("a client that trusts it, and one that fails for another reason, are not", async () => {
  let refusals = 0;
  await using server = await startServer({ onCertificateRefused: () => refusals++ });
  expect((await ask(server.port, "/healthz")).status).toBe(200);
  await refuse(server.port, alerts.handshakeFailure, "TLSv1.2");
  await gone(server);
  expect([refusals, warnings(server)]).toEqual([0, []]);
});
