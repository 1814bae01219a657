import { expect, test } from "vitest";
import fc from "fast-check";
import { metricsServerFlags, flagSections } from "../src/flags.ts";
import { helpText } from "../src/help.ts";
import { nearestName } from "../src/nearest-name.ts";
import { defaultOptions } from "../src/options.ts";
import { readCommandLine } from "../src/options-from-flags.ts";
import { FlagsInvalid, parseFlags } from "../src/parse-flags.ts";

function problemsOf(...args: string[]): readonly string[] {
  try {
    readCommandLine(args);
  } catch (error) {
    if (error instanceof FlagsInvalid) return error.problems;
    throw error;
  }
  return [];
}

test("without flags everything is as upstream's defaults say", () => {
  expect(readCommandLine([])).toStrictEqual({ action: "serve", options: defaultOptions, warnings: [] });
});

test.each([
  { suites: [], flag: "", minVersion: "TLSv1.2", why: "OpenSSL's default" },
  { suites: ["TLS_AES_128_GCM_SHA256"], flag: "", minVersion: "TLSv1.3", why: "none is left for TLS 1.2" },
  {
    suites: ["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"],
    flag: "AES128-SHA",
    minVersion: "TLSv1.2",
    why: "one is",
  },
])("cipher suites $suites mean $minVersion: $why", ({ suites, flag, minVersion }) => {
  const { options } = readCommandLine(suites.length === 0 ? [] : [`--tls-cipher-suites=${suites.join()}`]);
  expect(options.serving).toMatchObject({ ciphers: flag, minVersion });
});

test("requestheader flags without the CA file are warned about: the ConfigMap decides", () => {
  const flags = ["--requestheader-allowed-names=front-proxy-client", "--requestheader-username-headers=X-User"];
  const { warnings } = readCommandLine(flags);
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toMatch(/^--requestheader-allowed-names has no effect: .*; give the CA file as well/);
  expect(warnings[1]).toMatch(/^--requestheader-username-headers has no effect: /);
  expect(readCommandLine([...flags, "--requestheader-client-ca-file=/ca.crt"]).warnings).toEqual([]);
});

test("a request without time is refused", () => {
  expect(problemsOf("--request-timeout=0s")).toEqual(['--request-timeout="0s" must be at least 1ms']);
});

test("the flags of upstream's manifest are read without a word", () => {
  const { options, warnings } = readCommandLine([
    "--cert-dir=/tmp",
    "--secure-port=10250",
    "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
    "--kubelet-use-node-status-port",
    "--metric-resolution=15s",
  ]);
  expect(warnings).toStrictEqual([]);
  expect(options.metricResolutionMs).toBe(15_000);
  expect(options.serving).toMatchObject({ certDir: "/tmp", securePort: 10_250 });
  expect(options.kubelet).toMatchObject({
    useNodeStatusPort: true,
    preferredAddressTypes: ["InternalIP", "ExternalIP", "Hostname"],
    requestTimeoutMs: 10_000,
  });
});

test.each([
  { form: "--a=b", args: ["--kubelet-port=1"], port: 1 },
  { form: "--a b", args: ["--kubelet-port", "1"], port: 1 },
  { form: "hexadecimal", args: ["--kubelet-port=0x1F"], port: 31 },
  { form: "the last of several", args: ["--kubelet-port=1", "--kubelet-port", "2"], port: 2 },
])("a number as $form", ({ args, port }) => {
  expect(readCommandLine(args).options.kubelet.port).toBe(port);
});

test.each([
  { args: ["-v", "4"], verbosity: 4 },
  { args: ["-v4"], verbosity: 4 },
  { args: ["-v=4"], verbosity: 4 },
  { args: ["--v=4"], verbosity: 4 },
])("the level of detail as $args", ({ args, verbosity }) => {
  expect(readCommandLine(args).options.logging.verbosity).toBe(verbosity);
});

test.each([["-l", "a=b"], ["-la=b"], ["-l=a=b"], ["--node-selector=a=b"], ["--node-selector", "a=b"]])(
  "a node selector as %s %s",
  (...args) => {
    expect(readCommandLine(args.filter((arg) => arg !== undefined)).options.nodeSelector).toBe("a=b");
  },
);

test.each([
  { args: ["--kubelet-insecure-tls"], isOn: true },
  { args: ["--kubelet-insecure-tls=true"], isOn: true },
  { args: ["--kubelet-insecure-tls=T"], isOn: true },
  { args: ["--kubelet-insecure-tls=false"], isOn: false },
  { args: ["--kubelet-insecure-tls", "--kubelet-insecure-tls=0"], isOn: false },
])("a switch as $args", ({ args, isOn }) => {
  expect(readCommandLine(args).options.kubelet.insecureTls).toBe(isOn);
});

test.each([
  { args: ["--requestheader-allowed-names=a,b"], names: ["a", "b"] },
  { args: ["--requestheader-allowed-names=a", "--requestheader-allowed-names", "b,c"], names: ["a", "b", "c"] },
  { args: ['--requestheader-allowed-names="a,b",c'], names: ["a,b", "c"] },
  { args: ['--requestheader-allowed-names="a""b"'], names: ['a"b'] },
  { args: ["--requestheader-allowed-names=a,"], names: ["a", ""] },
  { args: ["--requestheader-allowed-names="], names: [] },
])("a list as $args", ({ args, names }) => {
  expect(readCommandLine(args).options.authentication.requestHeaderAllowedNames).toStrictEqual(names);
});

test("a given list replaces the default", () => {
  const { options } = readCommandLine(["--authorization-always-allow-paths=/metrics"]);
  expect(options.authorization.alwaysAllowPaths).toStrictEqual(["/metrics"]);
});

test("every mistake is named at once", () => {
  expect(
    problemsOf(
      "--metric-resolution=15",
      "--kubelet-insecure-tsl",
      "--secure-port",
      "70000",
      "--logging-format=xml",
      "-l",
      "a in (",
      "--bind-address=localhost",
      "--kubelet-use-node-status-port",
      "false",
      "-kubeconfig=/k",
      "--nonsense",
      "value",
      "--cert-dir",
    ),
  ).toStrictEqual([
    '--metric-resolution="15" must be a duration with a unit, such as 15s, 500ms or 1m30s',
    "unknown flag --kubelet-insecure-tsl; did you mean --kubelet-insecure-tls?",
    '--secure-port="70000" must be between 0 and 65535',
    '--logging-format="xml" must be one of text, json',
    expect.stringMatching(/^-l="a in \(" must be a label selector: /) as unknown as string,
    '--bind-address="localhost" must be an IP address',
    'unexpected argument "false"; did you mean --kubelet-use-node-status-port=false?',
    "unknown flag -kubeconfig: long flags take two dashes, --kubeconfig",
    "unknown flag --nonsense",
    "--cert-dir needs a value",
  ]);
});

test.each([
  ["--kubelet-certificate-authority=/ca", "--kubelet-insecure-tls"],
  ["--kubelet-certificate-authority=/ca", "--deprecated-kubelet-completely-insecure"],
  ["--kubelet-insecure-tls", "--deprecated-kubelet-completely-insecure"],
])("%s excludes %s", (...args) => {
  expect(problemsOf(...args)).toStrictEqual([expect.stringContaining("exclude each other") as unknown as string]);
});

test.each([
  ["--kubelet-client-certificate=/c", "--kubelet-client-certificate needs --kubelet-client-key as well"],
  ["--kubelet-client-key=/k", "--kubelet-client-key needs --kubelet-client-certificate as well"],
  ["--tls-cert-file=/c", "--tls-cert-file needs --tls-private-key-file as well"],
  ["--tls-private-key-file=/k", "--tls-private-key-file needs --tls-cert-file as well"],
])("%s alone is not enough", (arg, problem) => {
  expect(problemsOf(arg)).toStrictEqual([problem]);
});

test.each([
  { args: ["--metric-resolution=1s"], resolutionMs: 1_000, timeoutMs: 900 },
  { args: ["--metric-resolution=10s"], resolutionMs: 10_000, timeoutMs: 9_000 },
  { args: ["--metric-resolution=1m"], resolutionMs: 60_000, timeoutMs: 10_000 },
  { args: ["--metric-resolution=10s", "--kubelet-request-timeout=2s"], resolutionMs: 10_000, timeoutMs: 2_000 },
])("with $args a kubelet has $timeoutMs ms", ({ args, resolutionMs, timeoutMs }) => {
  const { options } = readCommandLine(args);
  expect(options.metricResolutionMs).toBe(resolutionMs);
  expect(options.kubelet.requestTimeoutMs).toBe(timeoutMs);
});

test("a resolution below a second, and a timeout that the period has no room for, are refused", () => {
  expect(problemsOf("--metric-resolution=999ms")).toStrictEqual(['--metric-resolution="999ms" must be at least 1s']);
  expect(problemsOf("--metric-resolution=10s", "--kubelet-request-timeout=10s")).toStrictEqual([
    "--kubelet-request-timeout=10s must be at most 0.9 × --metric-resolution, which is 9s",
  ]);
});

test.each([
  ["--profiling", "--profiling has no effect: no profiles are served (upstream parses this flag and never applies it)"],
  ["--feature-gates=A=true", "--feature-gates has no effect: there are no feature gates or emulated versions here"],
  ["--tls-min-version=VersionTLS10", "--tls-min-version has no effect: TLS 1.2 is the least that is offered"],
  ["--logtostderr=false", "--logtostderr has no effect: log lines are written at once, to standard error"],
  ["--log_dir=/x", "--log-dir has no effect: log lines are written at once, to standard error"],
  ["--audit-log-format=legacy", "--audit-log-format has no effect: events are written as JSON"],
])("%s is accepted with one warning", (arg, warning) => {
  expect(readCommandLine([arg]).warnings).toStrictEqual([warning]);
});

test("a flag given twice is warned about once", () => {
  expect(readCommandLine(["--feature-gates=A=true", "--feature-gates=B=true"]).warnings).toHaveLength(1);
});

test.each([
  "--disable-http2-serving",
  "--profiling=false",
  "--permit-port-sharing=false",
  "--permit-address-sharing",
  "--tls-min-version=VersionTLS13",
])("%s asks for what is so anyway", (arg) => {
  expect(readCommandLine([arg]).warnings).toStrictEqual([]);
});

test.each([
  "--audit-webhook-config-file=/p",
  "--audit-log-mode=blocking-strict",
  "--tls-curve-preferences=29",
  "--strict-transport-security-directives=max-age=1",
])("%s is refused, because going on would weaken security", (arg) => {
  expect(problemsOf(arg)).toStrictEqual([
    expect.stringMatching(
      /^--\S+ is refused, because going on without it would weaken security: /,
    ) as unknown as string,
  ]);
});

test.each(["22.19.0", "24.21.0", "25.9.0"])(
  "names of CAs are not sent by Node.js %s, which would lose intermediates",
  (node) => {
    expect(() => readCommandLine(["--send-client-ca-names"], node)).toThrow(
      `--send-client-ca-names needs Node.js 26, and this is ${node}: older ones may lose the intermediate certificates of clients`,
    );
    expect(readCommandLine(["--send-client-ca-names=false"], node).options.serving.sendsClientAuthorityNames).toBe(
      false,
    );
  },
);

test.each(["26.0.0", "27.1.0"])("names of CAs are sent by Node.js %s when they are wanted", (node) => {
  expect(readCommandLine(["--send-client-ca-names"], node).options.serving.sendsClientAuthorityNames).toBe(true);
  expect(readCommandLine([], node).options.serving.sendsClientAuthorityNames).toBe(false);
});

test("cipher suites are taken by their IANA names", () => {
  const { options } = readCommandLine([
    "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_AES_128_GCM_SHA256",
  ]);
  expect(options.serving.ciphers).toBe("ECDHE-RSA-AES128-GCM-SHA256");
  expect(problemsOf("--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA")).toStrictEqual([
    expect.stringContaining("names suites that are not available: TLS_RSA_WITH_RC4_128_SHA") as unknown as string,
  ]);
});

test("help and version win over mistakes in the rest", () => {
  expect(readCommandLine(["--help", "--nonsense"]).action).toBe("help");
  expect(readCommandLine(["-h"]).action).toBe("help");
  expect(readCommandLine(["--version"]).action).toBe("version");
});

test("help names every flag of every section with its default", () => {
  const text = helpText("About.", "metrics-server [flags]", flagSections);
  const shown = Object.entries(metricsServerFlags).filter(([, flag]) => !("isHidden" in flag && flag.isHidden));
  expect(shown.map(([name]) => name).filter((name) => !new RegExp(`--${name}\\b`).test(text))).toStrictEqual([]);
  expect(text).not.toContain("--alsologtostderr");
  expect(text).toContain("\nMetrics server flags:\n");
  expect(text).toMatch(/ {6}--metric-resolution duration +How often .* \(default 1m0s\)/);
  expect(text).toMatch(/ {2}-l, --node-selector string +Label selector/);
  expect(text).toMatch(/ {2}-v, --v Level/);
});

test("the near name is found, and nothing far-fetched", () => {
  const names = Object.keys(metricsServerFlags);
  expect(nearestName("kubelet-insecure", names)).toBe("kubelet-insecure-tls");
  expect(nearestName("metric-resolutoin", names)).toBe("metric-resolution");
  expect(nearestName("x", names)).toBeUndefined();
  expect(nearestName("completely-different-thing", names)).toBeUndefined();
});

test("no command line makes the reader throw", () => {
  const names = Object.keys(metricsServerFlags);
  const arg = fc.oneof(
    fc.string(),
    fc.constantFrom(...names).map((name) => `--${name}`),
    fc.tuple(fc.constantFrom(...names), fc.string()).map(([name, value]) => `--${name}=${value}`),
  );
  fc.assert(
    fc.property(fc.array(arg, { maxLength: 8 }), (args) => {
      const { problems, warnings } = parseFlags(metricsServerFlags, args);
      expect([...problems, ...warnings].every((line) => line.length > 0)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
