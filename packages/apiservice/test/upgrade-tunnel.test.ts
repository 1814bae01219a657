import { expect, test } from "vitest";
import { RawClient, startServer } from "./test-server.ts";

test.each([
  ["GET /apis HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket"],
  ["GET /apis HTTP/1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"],
  ["GET /apis HTTP/1.1", "Connection: Upgrade\r\nUpgrade: SPDY/3.1"],
  ["CONNECT elsewhere:443 HTTP/1.1", "X: y"],
])("after %s with %s nothing more passes over the connection", async (line, headers) => {
  let requests = 0;
  await using server = await startServer({ observer: () => requests++ });
  const client = await RawClient.connect(server.port);
  client.write(`${line}\r\nHost: x\r\n${headers}\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`);
  const answer = await client.answer();
  expect([answer?.status, answer?.headers["connection"]]).toEqual([400, "close"]);
  await client.closed();
  expect(requests).toBe(0);
});
