import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect, promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueClient } from "@kubemetrics/x509";
import {
  ClusterConnection,
  inClusterConfig,
  kubeconfigConfig,
  KubeConfigInvalid,
  type ClusterConfig,
} from "@kubemetrics/kube";
import { authority, ScriptedApiServer } from "./scripted-api-server.ts";
import { TestClock, until } from "./test-clock.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kube-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function kubeconfig(server: string, user: string, cluster = ""): string {
  return `apiVersion: v1
kind: Config
current-context: main
contexts:
- {name: main, context: {cluster: c, user: u}}
- {name: other, context: {cluster: c, user: nobody}}
clusters:
- name: c
  cluster: {server: "${server}", certificate-authority-data: ${base64(authority.certificatePem)}${cluster}}
users:
- name: u
  user: ${user}
`;
}

test("a pod finds its API server, its authority and its token", async () => {
  const tokenFile = await file("token", "secret\n");
  const caFile = await file("ca.crt", "PEM");
  const config = await inClusterConfig({ host: "10.96.0.1", port: "443", tokenFile, caFile });
  expect(config.server).toBe("https://10.96.0.1:443");
  expect(await config.authorization()).toBe("Bearer secret");
  expect(await config.tls()).toStrictEqual({ certificateAuthority: "PEM" });
  expect((await inClusterConfig({ host: "fd00::1", port: "443", tokenFile, caFile })).server).toBe(
    "https://[fd00::1]:443",
  );
});

test("everything that is missing for an in-cluster configuration is named at once", async () => {
  const config = inClusterConfig({
    host: undefined,
    port: "http",
    tokenFile: "/nowhere/token",
    caFile: "/nowhere/ca.crt",
  });
  await expect(config).rejects.toThrow(
    /KUBERNETES_SERVICE_HOST is not set; KUBERNETES_SERVICE_PORT "http" is not a number; cannot read \/nowhere\/token: .*; cannot read \/nowhere\/ca.crt: .*--kubeconfig/,
  );
  await expect(config).rejects.toBeInstanceOf(KubeConfigInvalid);
});

test("a rotated token is read within a minute, and at once when the old one is refused", async () => {
  const clock = new TestClock();
  let token = "first";
  const config = await inClusterConfig({ host: "h", port: "1", clock, readFile: () => Promise.resolve(token) });
  token = "second";
  clock.advance(59_000);
  expect(await config.authorization()).toBe("Bearer first");
  clock.advance(1_000);
  expect(await config.authorization()).toBe("Bearer second");
  token = "third";
  config.credentialsRefused?.();
  expect(await config.authorization()).toBe("Bearer third");
});

test("a rotated token is read within a minute although the wall clock was set back by an hour", async () => {
  const clock = new TestClock();
  let [token, elapsedMs] = ["first", 0];
  const config = await inClusterConfig({
    host: "h",
    port: "1",
    clock: { now: () => clock.now() - 60 * elapsedMs, elapsed: () => elapsedMs, after: () => () => {} },
    readFile: () => Promise.resolve(token),
  });
  token = "second";
  elapsedMs = 60_000;
  expect(await config.authorization()).toBe("Bearer second");
});

test("a token file that is empty or gone for a moment does not cost the token in use", async () => {
  const clock = new TestClock();
  let content: string | Error = "good";
  const readFile = (): Promise<string> =>
    content instanceof Error ? Promise.reject(content) : Promise.resolve(content);
  const config = await inClusterConfig({ host: "h", port: "1", clock, readFile });
  for (const broken of [new Error("ENOENT"), ""]) {
    content = broken;
    clock.advance(60_000);
    expect(await config.authorization()).toBe("Bearer good");
  }
});

test("a kubeconfig with a token", async () => {
  const path = await file("token.conf", kubeconfig("https://127.0.0.1:6443/", "{token: abc}"));
  const config = await kubeconfigConfig({ path });
  expect(config).toMatchObject({
    server: "https://127.0.0.1:6443",
    description: `kubeconfig ${path}, context "main"`,
    warnings: [],
  });
  expect(await config.authorization()).toBe("Bearer abc");
  expect((await config.tls()).certificateAuthority).toBe(authority.certificatePem);
});

test("a token file wins over the token beside it, and is read again within a minute and when it was refused", async () => {
  const clock = new TestClock();
  await file("rotated-token", "one\n");
  const path = await file("token-file.conf", kubeconfig("https://h:1", "{token: stale, tokenFile: rotated-token}"));
  const config = await kubeconfigConfig({ path, clock });
  expect(config.warnings).toStrictEqual([]);
  expect(await config.authorization()).toBe("Bearer one");
  await file("rotated-token", "two\n");
  expect(await config.authorization()).toBe("Bearer one");
  clock.advance(60_000);
  expect(await config.authorization()).toBe("Bearer two");
  await file("rotated-token", "three\n");
  config.credentialsRefused?.();
  expect(await config.authorization()).toBe("Bearer three");
});

test("a token file that cannot be read is replaced by the token beside it, or named", async () => {
  const both = await file("absent-file.conf", kubeconfig("https://h:1", "{token: stale, tokenFile: /nowhere/token}"));
  expect(await (await kubeconfigConfig({ path: both })).authorization()).toBe("Bearer stale");
  const alone = await file("only-file.conf", kubeconfig("https://h:1", "{tokenFile: /nowhere/token}"));
  await expect((await kubeconfigConfig({ path: alone })).authorization()).rejects.toThrow(
    `cannot read /nowhere/token, which kubeconfig ${alone} names`,
  );
});

test("a kubeconfig with certificate files beside it reaches a server", async () => {
  await using server = await ScriptedApiServer.start((exchange) =>
    exchange.json(200, { user: exchange.peerCommonName }),
  );
  const client = issueClient(authority, { commonName: "admin" });
  await file("admin.crt", client.certificatePem);
  await file("admin.key", client.keyPem);
  const path = await file(
    "files.conf",
    kubeconfig(server.url, "{client-certificate: admin.crt, client-key: admin.key}"),
  );
  await using connection = new ClusterConnection(await kubeconfigConfig({ path }));
  expect(await connection.request({ verb: "get", location: { group: "", resource: "pods" }, path: "/" })).toStrictEqual(
    { user: "admin" },
  );
});

test("a kubeconfig with certificate data", async () => {
  const client = issueClient(authority, { commonName: "admin" });
  const user = `{client-certificate-data: ${base64(client.certificatePem)}, client-key-data: ${base64(client.keyPem)}}`;
  const config = await kubeconfigConfig({ path: await file("data.conf", kubeconfig("https://h:1", user)) });
  expect(await config.tls()).toStrictEqual({
    certificateAuthority: authority.certificatePem,
    certificate: client.certificatePem,
    key: client.keyPem,
  });
  expect(await config.authorization()).toBeUndefined();
});

test("a kubeconfig with a user name and password", async () => {
  const config = await kubeconfigConfig({
    path: await file("basic.conf", kubeconfig("https://h:1", "{username: a, password: b}")),
  });
  expect(await config.authorization()).toBe(`Basic ${base64("a:b")}`);
});

const credential = JSON.stringify({ kind: "ExecCredential", status: { token: "from-plugin" } });
const plugin = (script: string): string =>
  `{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: ["-c", ${JSON.stringify(script)}]}}`;

async function pluginConfig(name: string, script: string, clock = new TestClock()): Promise<ClusterConfig> {
  return kubeconfigConfig({ path: await file(`${name}.conf`, kubeconfig("https://h:1", plugin(script))), clock });
}

test("a kubeconfig with an exec plugin asks it, and says what it said when it fails", async () => {
  const good = await kubeconfigConfig({
    path: await file("exec.conf", kubeconfig("https://h:1", plugin(`echo '${credential}'`))),
  });
  expect(await good.authorization()).toBe("Bearer from-plugin");
  const bad = await kubeconfigConfig({
    path: await file("bad-exec.conf", kubeconfig("https://h:1", plugin("echo login first >&2; exit 1"))),
  });
  await expect(bad.authorization()).rejects.toThrow(
    /the credential plugin of kubeconfig .* failed: login first; run its command by hand/,
  );
});

test("an exec plugin that asks a question gets no answer, instead of waiting for one", async () => {
  const config = await pluginConfig("asks", `read answer || echo '${credential}'`);
  expect(await config.authorization()).toBe("Bearer from-plugin");
});

interface Endless {
  readonly script: string;
  readonly running: Promise<unknown>;
  /** All that the script started has ended. */
  readonly isOver: () => boolean;
}

/** A plugin that does not end, as a script around another program. Both hold a pipe, whose end says that they are gone. */
function endless(name: string): Endless {
  const pipe = join(folder, name);
  execFileSync("mkfifo", [pipe]);
  const held = createReadStream(pipe);
  let isOver = false;
  held.on("end", () => (isOver = true));
  return {
    script: `exec 3> ${pipe}; sleep 600 & echo running >&3; wait`,
    running: once(held, "data"),
    isOver: () => isOver,
  };
}

test("an exec plugin that does not end is killed when all connections that asked are closed, and not before", async () => {
  const { script, running, isOver } = endless("closed-pipe");
  const config = await pluginConfig("closed", script);
  const nodes = { verb: "get", location: { group: "", resource: "nodes" }, path: "/" } as const;
  const clock = new TestClock();
  const connections = [new ClusterConnection(config, { clock }), new ClusterConnection(config, { clock })] as const;
  const asked = connections.map((one) => one.request({ ...nodes, timeoutMs: 1_000 }).catch((error: unknown) => error));
  await running;
  clock.advance(1_000);
  for (const error of await Promise.all(asked)) expect(error).toMatchObject({ code: "TIMED_OUT" });
  const told: unknown[] = [];
  const still = config.authorization(connections[1].closed).catch((error: unknown) => told.push(error));
  await connections[0].close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toStrictEqual([]);
  await connections[1].close();
  await still;
  expect(told).toMatchObject([{ code: "CREDENTIALS", cause: { code: "CLOSED" } }]);
  await until(isOver, "the plugin's end");
});

test("an exec plugin that does not end is killed after its time, and asked again by the next request", async () => {
  const clock = new TestClock();
  const { script, running, isOver } = endless("pipe");
  const wasAsked = join(folder, "was-asked");
  const first = `if [ -f ${wasAsked} ]; then echo '${credential}'; else touch ${wasAsked}; ${script}; fi`;
  const config = await pluginConfig("waits", first, clock);
  const both = Promise.allSettled([config.authorization(), config.tls()]);
  await running;
  clock.advance(19_999);
  const third = config.authorization();
  clock.advance(1);
  const reason = /failed: command "sh" did not end within 20 s, and .*; run its command by hand/;
  for (const ended of await both) expect(ended).toMatchObject({ reason: { message: expect.stringMatching(reason) } });
  await expect(third, "shares the run under way").rejects.toThrow(reason);
  await until(isOver, "the plugin's end");
  expect(await config.authorization()).toBe("Bearer from-plugin");
  expect(clock.pending).toStrictEqual([]);
});

test("an exec plugin is asked again when its credential has expired, and not before", async () => {
  const clock = new TestClock();
  const runs = join(folder, "runs");
  const status = { token: "t", expirationTimestamp: new Date(clock.now() + 60_000).toISOString() };
  const config = await pluginConfig("expires", `echo run >> ${runs}; echo '${JSON.stringify({ status })}'`, clock);
  const count = async (): Promise<number> => (await readFile(runs, "utf8")).trim().split("\n").length;
  for (const [passedMs, expected] of [
    [0, 1],
    [59_999, 1],
    [10_000, 2],
  ] as const) {
    clock.advance(passedMs);
    expect(await config.authorization()).toBe("Bearer t");
    expect(await count()).toBe(expected);
  }
});

test.each([
  ["a bare token", "s3cr3t-token", `did not print an ExecCredential with a status`],
  ["no status", "{}", `did not print an ExecCredential with a status`],
  [
    "a key without certificate",
    `{"status":{"clientKeyData":"s3cr3t"}}`,
    `neither a token nor a certificate and its key`,
  ],
])(
  "an exec plugin that prints %s is told so without quoting it, as often as it does",
  async (what, printed, reason) => {
    const good = join(folder, `good-${what}`);
    const script = `if [ -f '${good}' ]; then echo '${credential}'; else echo '${printed}'; fi`;
    const config = await pluginConfig(what, script);
    for (let round = 0; round < 2; round++) {
      const error = await config.authorization().catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "CREDENTIALS", message: expect.stringContaining(`command "sh"`) });
      expect(inspect(error)).toContain(reason);
      expect(inspect(error)).not.toContain("s3cr3t");
    }
    await writeFile(good, "");
    expect(await config.authorization()).toBe("Bearer from-plugin");
  },
);

/** Prints what it was told as its token, in base64. */
const telling = `echo '{"status":{"token":"'$(printf %s "$KUBERNETES_EXEC_INFO" | base64 | tr -d '\\n')'"}}'`;

async function toldBy(config: ClusterConfig): Promise<unknown> {
  const authorization = (await config.authorization()) ?? "";
  return JSON.parse(Buffer.from(authorization.slice("Bearer ".length), "base64").toString());
}

test("an exec plugin is told that nobody is there, in the version that it was configured with", async () => {
  expect(await toldBy(await pluginConfig("told", telling))).toStrictEqual({
    kind: "ExecCredential",
    apiVersion: "client.authentication.k8s.io/v1",
    spec: { interactive: false },
  });
  const user = plugin(telling).replace("io/v1,", "io/v1beta1, env: [{name: KUBERNETES_EXEC_INFO, value: other}],");
  const config = await kubeconfigConfig({ path: await file("told-beta.conf", kubeconfig("https://h:1", user)) });
  expect(await toldBy(config)).toHaveProperty("apiVersion", "client.authentication.k8s.io/v1beta1");
});

test("an exec plugin with provideClusterInfo is told of its cluster", async () => {
  const user = plugin(telling).replace("command:", "provideClusterInfo: true, command:");
  const cluster =
    ", tls-server-name: n, insecure-skip-tls-verify: true, proxy-url: http://p, extensions: " +
    "[{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, extension: {audience: a}}]";
  const full = await kubeconfigConfig({ path: await file("info.conf", kubeconfig("https://h:1", user, cluster)) });
  expect(await toldBy(full)).toHaveProperty("spec.cluster", {
    server: "https://h:1",
    "tls-server-name": "n",
    "insecure-skip-tls-verify": true,
    "certificate-authority-data": base64(authority.certificatePem),
    "proxy-url": "http://p",
    config: { audience: "a" },
  });
  await file("ca.pem", authority.certificatePem);
  const text = kubeconfig("https://h:1", user).replace(
    /certificate-authority-data: \S+(?=})/,
    "certificate-authority: ca.pem",
  );
  const fromFile = await kubeconfigConfig({ path: await file("info-file.conf", text) });
  expect(await toldBy(fromFile)).toHaveProperty("spec.cluster", {
    server: "https://h:1",
    "certificate-authority-data": base64(authority.certificatePem),
  });
});

test("a command with a slash is looked for beside the kubeconfig, one without in the PATH", async () => {
  await mkdir(join(folder, "bin"));
  await chmod(await file("bin/login", `#!/bin/sh\necho '${credential}'\n`), 0o755);
  for (const command of ["./bin/login", "bin/login", join(folder, "bin/login")]) {
    const path = await file("relative.conf", kubeconfig("https://h:1", `{exec: {command: ${command}}}`));
    for (const asked of [path, relative(".", path)])
      expect(await (await kubeconfigConfig({ path: asked })).authorization()).toBe("Bearer from-plugin");
  }
  await chmod(await file("login-of-nowhere", `#!/bin/sh\necho '${credential}'\n`), 0o755);
  const path = await file("in-path.conf", kubeconfig("https://h:1", "{exec: {command: login-of-nowhere}}"));
  await expect((await kubeconfigConfig({ path })).authorization()).rejects.toThrow("spawn login-of-nowhere ENOENT");
});

test("an exec plugin that is not there is told with its hint", async () => {
  const user = "{exec: {command: kubelogin-of-nowhere, installHint: see https://login.example}}";
  const config = await kubeconfigConfig({ path: await file("absent-exec.conf", kubeconfig("https://h:1", user)) });
  await expect(config.authorization()).rejects.toThrow(
    /kubelogin-of-nowhere ENOENT: see https:\/\/login\.example; run/,
  );
});

test("a kubeconfig is read again after its plugin failed", async () => {
  const clock = new TestClock();
  const config = await pluginConfig("mended", "exit 1", clock);
  await expect(config.authorization()).rejects.toThrow(/command "sh" ended with code 1/);
  await pluginConfig("mended", `echo '${credential}'`);
  clock.advance(10_000);
  expect(await config.authorization()).toBe("Bearer from-plugin");
});

test("a kubeconfig whose token was refused is read again", async () => {
  const clock = new TestClock();
  const path = await file("rotated.conf", kubeconfig("https://h:1", "{token: one}"));
  const config = await kubeconfigConfig({ path, clock });
  expect(await config.authorization()).toBe("Bearer one");
  await file("rotated.conf", kubeconfig("https://h:1", "{token: two}"));
  clock.advance(10_000);
  expect(await config.authorization(), "not before it is refused").toBe("Bearer one");
  config.credentialsRefused?.();
  expect(await config.authorization()).toBe("Bearer two");
  await file("rotated.conf", "{");
  clock.advance(10_000);
  config.credentialsRefused?.();
  expect(await config.authorization(), "a broken file changes nothing").toBe("Bearer two");
});

test.each([
  ["is missing", undefined, {}, /cannot read kubeconfig/],
  ["is not YAML", "{", {}, /is not valid/],
  ["has no current context", "apiVersion: v1\nkind: Config\n", {}, /has no current-context; it has no contexts at all/],
  [
    "lacks the asked context",
    kubeconfig("https://h:1", "{token: a}"),
    { context: "x" },
    /has no context "x"; it has "main", "other"/,
  ],
  [
    "names a user that is not there",
    kubeconfig("https://h:1", "{token: a}"),
    { context: "other" },
    /names user "nobody", which is not there/,
  ],
  [
    "has a server that is no URL",
    kubeconfig("h:1", "{token: a}"),
    {},
    /server "h:1" of cluster "c" is not an http\(s\) URL/,
  ],
  [
    "impersonates",
    kubeconfig("https://h:1", "{token: a, as: root}"),
    {},
    /impersonates \(as: root\), which is not supported/,
  ],
])("a kubeconfig that %s is refused with the reason", async (name, text, options, reason) => {
  const path = text === undefined ? join(folder, "absent") : await file(`bad-${name.replaceAll(" ", "-")}`, text);
  const config = kubeconfigConfig({ path, ...options });
  await expect(config).rejects.toThrow(reason);
  await expect(config).rejects.toBeInstanceOf(KubeConfigInvalid);
});

test.each([
  [
    "indentation",
    "    token: s3cr3t\n     username: x",
    /: bad indentation of a mapping entry in line 15, column \d+$/,
  ],
  ["an alias", "    token: *s3cr3t", /: unidentified alias in line 14, column \d+$/],
  ["a tag", "    token: !s3cr3t x", /: unknown scalar tag in line 14, column \d+$/],
  [
    "characters of a tag",
    "    token: !<^s3cr3t> x",
    /: tag name cannot contain such characters in line 14, column \d+$/,
  ],
  ["a quote", `    token: "s3cr3t`, /: deficient indentation in line 15, column \d+$/],
])("a mistake in YAML (%s) is told by its place, without the lines around it", async (name, lines, reason) => {
  const text = kubeconfig("https://h:1", `\n    client-key-data: s3cr3t\n${lines}`);
  const error = await kubeconfigConfig({ path: await file(`leak-${name}`, text) }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(KubeConfigInvalid);
  expect((error as Error).message).toMatch(reason);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
});

test.each([
  "https://bob:s3cr3t@127.0.0.1:1/",
  "https://s3cr3t@127.0.0.1:1",
  "http://bob:s3cr3t@127.0.0.1:1/path@x",
  "https://bob:p@s3cr3t@127.0.0.1:1",
  "https://bob:p/s3cr3t@127.0.0.1:1",
  "bob:s3cr3t@127.0.0.1:1",
])("user name and password of %s appear in no warning and no error", async (address) => {
  const cluster = `, proxy-url: "${address}", insecure-skip-tls-verify: true`;
  const path = await file("user-info.conf", kubeconfig(address, "{token: a}", cluster));
  const said: unknown[] = [];
  try {
    const config = await kubeconfigConfig({ path });
    said.push(config.warnings);
    await using connection = new ClusterConnection(config);
    said.push(connection.server);
    await connection.request({ verb: "get", location: { group: "", resource: "pods" }, path: "/" });
  } catch (error) {
    said.push(error);
  }
  const text = inspect(said, { depth: 9 });
  expect(text).toMatch(/127\.0\.0\.1:1/);
  expect(text).not.toMatch(/bob|s3cr3t/);
});

test("entries without effect and dangerous ones are warned about", async () => {
  const path = await file(
    "warn.conf",
    kubeconfig("http://h:1", "{token: a}", ", proxy-url: http://p, insecure-skip-tls-verify: true"),
  );
  const { warnings } = await kubeconfigConfig({ path });
  expect(warnings).toHaveLength(3);
  expect(warnings?.join("\n")).toMatch(/proxy-url[\s\S]*insecure-skip-tls-verify[\s\S]*without TLS/);
});

test("importing the package, and an in-cluster start, load nothing of the official client", async () => {
  const script = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve: (specifier, context, next) => (seen.push(specifier), next(specifier, context)) });
    const kube = await import(${JSON.stringify(pathToFileURL(fileURLToPath(import.meta.resolve("../src/index.ts"))).href)});
    await kube.inClusterConfig({ host: "h", port: "1", readFile: async () => "x" });
    console.log(seen.some((specifier) => /client-node|js-yaml/.test(specifier)), seen.includes("undici"));`;
  const args = [
    "--conditions=kubemetrics-source",
    "--disable-warning=ExperimentalWarning",
    "--input-type=module",
    "-e",
    script,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.trim()).toBe("false true");
});
