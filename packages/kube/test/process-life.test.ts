import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** A program of its own, with nothing in it that would hold the process but what the package does. */
async function outputOf(program: string): Promise<string> {
  const script = `
    import { once } from "node:events";
    import { createServer } from "node:http";
    const { ClusterConnection, PodCache, SubjectAccessReviewClient } = await import(${JSON.stringify(import.meta.resolve("../src/index.ts"))});
    let asked = 0;
    const server = createServer((request, response) => answer(request, response, ++asked)).listen(0, "127.0.0.1");
    await once(server, "listening");
    server.unref();
    const connection = new ClusterConnection({
      description: "test",
      server: "http://127.0.0.1:" + server.address().port,
      tls: async () => ({}),
      authorization: async () => undefined,
    });
    ${program}`;
  const args = ["--conditions=kubemetrics-source", "--disable-warning=ExperimentalWarning", "--input-type=module"];
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...args, "-e", script], { cwd, timeout: 10_000 });
  return stdout;
}

test("a program whose cache finds no server lives until there is one, and ends when everything is closed", async () => {
  const output = await outputOf(`
    const answer = (request, response, count) => {
      // A read is sent again at once; then the cache waits.
      if (count <= 2) request.socket.destroy();
      else if (request.url.includes("watch=1")) response.writeHead(200).flushHeaders();
      else response.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [] }));
    };
    const synced = Promise.withResolvers();
    const observer = { failing: () => console.log("failing"), synced: () => synced.resolve() };
    const pods = new PodCache(connection, { random: () => 0, observer });
    pods.start();
    await synced.promise;
    console.log("synced");
    await pods.close();
    await connection.close();`);
  expect(output).toBe("failing\nsynced\n");
});

test("a program that waits for a review lives until its last try", async () => {
  const output = await outputOf(`
    const answer = (request, response, count) => {
      if (count === 1) request.socket.destroy();
      else response.writeHead(201).end(JSON.stringify({ kind: "SubjectAccessReview", status: { allowed: true } }));
    };
    console.log(await new SubjectAccessReviewClient(connection).review({ user: "u" }));
    await connection.close();`);
  expect(output).toBe("{ allowed: true }\n");
});

const busy = `const answer = (request, response) => response.writeHead(429, { "retry-after": "25" }).end();`;

test.each([
  ["the cache", "await pods.close();"],
  ["its connection", "await connection.close();"],
])("a program whose cache waits ends when %s is closed", async (_, close) => {
  const output = await outputOf(`
    ${busy}
    const failing = Promise.withResolvers();
    const pods = new PodCache(connection, { observer: { failing: () => failing.resolve() } });
    pods.start();
    await failing.promise;
    await new Promise((resolve) => setImmediate(resolve));
    ${close}
    server.closeAllConnections();
    console.log("closed");`);
  expect(output).toBe("closed\n");
});

test("a program whose review waits ends when the connection is closed", async () => {
  const output = await outputOf(`
    ${busy}
    const review = new SubjectAccessReviewClient(connection).review({ user: "u" }).catch((error) => error.code);
    while (asked === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    await connection.close();
    console.log(await review);`);
  expect(output).toBe("CLOSED\n");
});
