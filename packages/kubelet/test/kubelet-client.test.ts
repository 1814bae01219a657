/** What can happen between us and a kubelet, one failure a test. */
import { createServer as createRawServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { KubeletError, type KubeletEndpoint } from "../src/index.ts";
import { requestFailure } from "../src/internal/request-failure.ts";
import { fakeKubelet, node, text, trusting } from "./support/fake-kubelet.ts";
import { ManualClock } from "./support/manual-clock.ts";

describe("connections", () => {
  test("one serves all requests to a node", async () => {
    await using kubelet = await fakeKubelet((request, response) => response.end(request.url));
    const client = trusting();
    for (const path of ["/a", "/b", "/c"]) expect(await client.get(kubelet.endpoint, path, 5_000, text)).toBe(path);
    expect(kubelet.connections()).toBe(1);
    client.close();
  });

  test("that the kubelet closed while idle are opened again without a failure", async () => {
    await using kubelet = await fakeKubelet((_, response) => response.end("page"));
    const client = trusting();
    await client.get(kubelet.endpoint, "/", 5_000, text);
    kubelet.cut();
    expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("page");
    expect(kubelet.connections()).toBe(2);
    client.close();
  });

  test("that are closed in answer to a request count once as stale, then as lost", async () => {
    let answers = 0;
    await using kubelet = await fakeKubelet((request, response) => {
      if (answers++ === 0) response.end("page");
      else request.socket.destroy();
    });
    const client = trusting();
    await client.get(kubelet.endpoint, "/", 5_000, text);
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(answers).toBe(3);
    client.close();
  });

  test("go to the new address when the node's address changes", async () => {
    await using one = await fakeKubelet((_, response) => response.end("one"));
    await using two = await fakeKubelet((_, response) => response.end("two"));
    const client = trusting();
    expect(await client.get(one.endpoint, "/", 5_000, text)).toBe("one");
    expect(await client.get(two.endpoint, "/", 5_000, text)).toBe("two");
    client.close();
  });

  test("of a node that goes are closed, and what runs on them ends with CLOSED", async () => {
    const arrived = Promise.withResolvers<void>();
    await using kubelet = await fakeKubelet(() => arrived.resolve());
    const client = trusting();
    const asked = client.get(kubelet.endpoint, "/", 5_000, text);
    await arrived.promise;
    client.forget(node);
    await expect(asked).rejects.toMatchObject({ code: "CLOSED", node });
    client.close();
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("credentials", () => {
  test("are asked for before each request, so a renewed token is used at once", async () => {
    await using kubelet = await fakeKubelet((request, response) => response.end(request.headers.authorization));
    let count = 0;
    const client = trusting({ authorization: () => Promise.resolve(`Bearer token-${++count}`) });
    expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("Bearer token-1");
    expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("Bearer token-2");
    client.close();
  });

  test("that a kubelet refuses are reported as refused", async () => {
    await using kubelet = await fakeKubelet((_, response) => response.writeHead(401).end("Unauthorized"));
    let refusals = 0;
    const client = trusting({ authorization: () => "Bearer old", credentialsRefused: () => refusals++ });
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      status: 401,
    });
    expect(refusals).toBe(1);
    client.close();
  });

  test("that no header may carry are named", async () => {
    await using kubelet = await fakeKubelet((_, response) => response.end());
    const client = trusting({ authorization: () => "Bearer a\nb" });
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toThrow("bearer token has characters");
    client.close();
  });

  test("that cannot be read are our failure, not the kubelet's", async () => {
    await using kubelet = await fakeKubelet((_, response) => response.end());
    const client = trusting({ authorization: () => Promise.reject(new Error("no token file")) });
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toThrow(
      /not asked, our credentials cannot be read: no token file/,
    );
    client.close();
  });
});

describe("a status other than 200 says what to do", () => {
  test.each([
    [403, "/metrics/resource", "FORBIDDEN", "`get` on `nodes/metrics`"],
    [403, "/stats/summary", "FORBIDDEN", "`get` on `nodes/stats`"],
    [404, "/metrics/resource", "NOT_FOUND", "no such endpoint"],
    [302, "/metrics/resource", "STATUS", "do not redirect"],
    [500, "/metrics/resource", "STATUS", "kubelet's log"],
    [204, "/metrics/resource", "STATUS", "answered 204"],
  ])("%i for %s", async (status, path, code, advice) => {
    await using kubelet = await fakeKubelet((_, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end(status === 204 ? undefined : `said ${status}`);
    });
    const client = trusting();
    const asked = client.get(kubelet.endpoint, path, 5_000, text);
    await expect(asked).rejects.toMatchObject({ code, status, node, name: "KubeletError" });
    await expect(asked).rejects.toThrow(advice);
    await expect(asked).rejects.toThrow(status === 204 ? "204" : `said ${status}`);
    client.close();
  });

  test("and an endless error page is cut off", async () => {
    await using kubelet = await fakeKubelet((_, response) => {
      response.writeHead(500);
      const more = (): void => {
        if (!response.destroyed) response.write("x".repeat(65_536), () => setImmediate(more));
      };
      more();
    });
    const client = trusting();
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "STATUS", status: 500 });
    client.close();
  });
});

describe("a body", () => {
  const page = "metric 1\n".repeat(30_000);

  test.each([
    ["in one piece", (): string => page],
    ["larger than the first buffer, twice on one connection", (): string => page],
  ])("arrives whole: %s", async (_, body) => {
    await using kubelet = await fakeKubelet((__, response) => response.end(body()));
    const client = trusting();
    for (let time = 0; time < 2; time++) expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe(page);
    client.close();
  });

  test("that ends early is TRUNCATED, with a length and without", async () => {
    for (const headers of [{ "content-length": 1000 }, {}]) {
      await using kubelet = await fakeKubelet((_, response) => {
        response.writeHead(200, headers).write("half", () => response.destroy());
      });
      const client = trusting();
      await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "TRUNCATED" });
      client.close();
    }
  });

  test("beyond the cap is cut off, and the next request works", async () => {
    let size = 2_000;
    await using kubelet = await fakeKubelet((_, response) => response.end("x".repeat(size)));
    const client = trusting({ maxBodyBytes: 1_000 });
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "TOO_BIG" });
    size = 1_000;
    expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toHaveLength(1_000);
    client.close();
  });

  test("is compressed only when asked for", async () => {
    await using kubelet = await fakeKubelet((request, response) => {
      if (request.headers["accept-encoding"] !== "gzip") return response.end("plain");
      return response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("packed"));
    });
    const plain = trusting();
    expect(await plain.get(kubelet.endpoint, "/", 5_000, text)).toBe("plain");
    const packed = trusting({ compress: true });
    expect(await packed.get(kubelet.endpoint, "/", 5_000, text)).toBe("packed");
    plain.close();
    packed.close();
  });

  test.each([
    ["a compression bomb", "gzip", gzipSync(Buffer.alloc(200_000)), "TOO_BIG"],
    ["broken gzip", "gzip", Buffer.from("not gzip"), "BAD_ENCODING"],
    ["half a gzip", "gzip", gzipSync("0123456789".repeat(99)).subarray(0, 20), "BAD_ENCODING"],
    ["an encoding nobody asked for", "br", Buffer.from("x"), "BAD_ENCODING"],
  ])("is refused: %s", async (_, encoding, body, code) => {
    await using kubelet = await fakeKubelet((__, response) => {
      response.writeHead(200, { "content-encoding": encoding }).end(body);
    });
    const client = trusting({ compress: true, maxBodyBytes: 100_000 });
    await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code });
    client.close();
  });

  test("that cannot be used reports why, and its buffer is used again", async () => {
    await using kubelet = await fakeKubelet((_, response) => response.end("page"));
    const client = trusting();
    const refuse = (): never => {
      throw new KubeletError("NOT_METRICS", "no", { node });
    };
    await expect(client.get(kubelet.endpoint, "/", 5_000, refuse)).rejects.toMatchObject({ code: "NOT_METRICS" });
    expect(await client.get(kubelet.endpoint, "/", 5_000, text)).toBe("page");
    client.close();
  });
});

describe("time", () => {
  test.each([
    ["no answer begins", false, "no answer within 700 ms"],
    ["an answer does not end", true, "the answer did not end within 700 ms"],
  ])("runs out when %s", async (_, begins, message) => {
    const clock = new ManualClock();
    const arrived = Promise.withResolvers<void>();
    await using kubelet = await fakeKubelet((__, response) => {
      if (begins) response.write("half of", () => setTimeout(arrived.resolve, 20));
      else arrived.resolve();
    });
    const client = trusting({ clock });
    const asked = client.get(kubelet.endpoint, "/", 700, text);
    asked.catch(() => {});
    await arrived.promise;
    await clock.advance(700);
    await expect(asked).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(asked).rejects.toThrow(message);
    expect(clock.pending).toBe(0);
    client.close();
  });

  test("is not held by an answer that came", async () => {
    const clock = new ManualClock();
    await using kubelet = await fakeKubelet((_, response) => response.end("page"));
    const client = trusting({ clock });
    await client.get(kubelet.endpoint, "/", 700, text);
    expect(clock.pending).toBe(0);
    client.close();
  });
});

test("nobody listening is REFUSED", async () => {
  const kubelet = await fakeKubelet((_, response) => response.end());
  await kubelet.close();
  const client = trusting();
  await expect(client.get(kubelet.endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "REFUSED" });
  client.close();
});

test("what answers but does not speak HTTP is NOT_METRICS", async () => {
  const server: Server = createRawServer((socket: Socket) => void socket.end("SSH-2.0-OpenSSH_9\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = trusting({ plaintext: true });
  const endpoint: KubeletEndpoint = { node, address: "127.0.0.1", port, certificateNames: [], resourcePath: "/" };
  await expect(client.get(endpoint, "/", 5_000, text)).rejects.toMatchObject({ code: "NOT_METRICS" });
  client.close();
  server.close();
});

test("a path that is none is the annotation's fault", async () => {
  await using kubelet = await fakeKubelet((_, response) => response.end());
  const client = trusting();
  await expect(client.get(kubelet.endpoint, "/a b\u1234", 5_000, text)).rejects.toMatchObject({ code: "NOT_FOUND" });
  client.close();
});

describe("codes of the system", () => {
  const place = {
    url: "https://x",
    endpoint: { node, address: "x", port: 1, certificateNames: [], resourcePath: "/" },
  };

  test.each([
    ["ENOTFOUND", "NAME_NOT_FOUND"],
    ["EAI_AGAIN", "NAME_NOT_FOUND"],
    ["EHOSTUNREACH", "UNREACHABLE"],
    ["ENETUNREACH", "UNREACHABLE"],
    ["ETIMEDOUT", "TIMEOUT"],
    ["EPIPE", "CONNECTION_LOST"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLS_FAILED"],
    ["EPROTO", "TLS_FAILED"],
    ["SOMETHING_NEW", "CONNECTION_LOST"],
  ])("%s is %s", (code, expected) => {
    const failure = requestFailure(place, Object.assign(new Error("said"), { code }));
    expect(failure).toMatchObject({ code: expected, node });
    expect(failure.message).toMatch(/^node "node-1\.nodes\.example": https:\/\/x: said; ./);
  });
});

test("errors of another copy of the package are recognised", () => {
  const error = new KubeletError("TIMEOUT", "late", { node });
  const copy = Object.assign(new Error("late"), { [Symbol.for("kubemetrics.KubeletError")]: true });
  expect([error instanceof KubeletError, copy instanceof KubeletError, new Error("x") instanceof KubeletError]).toEqual(
    [true, true, false],
  );
});
