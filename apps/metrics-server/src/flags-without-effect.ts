/** Flags that upstream knows and that change nothing here, most of them nowhere: each is accepted, with the reason as a warning. */
import type { Flag } from "./flag.ts";
import {
  address,
  duration,
  float,
  integer,
  list,
  refused,
  repeated,
  text,
  toggle,
  withoutEffect,
} from "./flag-kinds.ts";

const noFeatures = "there are no feature gates or emulated versions here";
const noWatches = "metrics.k8s.io has no watch";

export const genericFlagsWithoutEffect = {
  "advertise-address": withoutEffect(
    address("", "Address to tell others."),
    "nothing here tells others an address (upstream neither)",
  ),
  "cors-allowed-origins": withoutEffect(
    list([], "Origins of web pages that may call."),
    "no web page of another origin is ever allowed",
  ),
  "emulated-version": withoutEffect(list([], "Version to emulate."), noFeatures),
  "emulation-forward-compatible": withoutEffect(toggle(false, "Serve newer versions too."), noFeatures),
  "external-hostname": withoutEffect(text("", "Host name for links."), "no answer contains links to this server"),
  "feature-gates": withoutEffect(repeated("Features to switch.", "gates"), noFeatures),
  "goaway-chance": withoutEffect(
    float(0, "Chance to close an HTTP/2 connection.", { min: 0, max: 0.02 }),
    "HTTP/2 is not served",
  ),
  "livez-grace-period": withoutEffect(
    duration(0, "Time that livez waits for the start.", { minMs: 0 }),
    "/livez is good from the first second",
  ),
  "min-compatibility-version": withoutEffect(list([], "Oldest control plane."), noFeatures),
  "min-request-timeout": withoutEffect(integer(1_800, "Least time of a watch, in seconds.", { min: 0 }), noWatches),
  "runtime-config-emulation-forward-compatible": withoutEffect(toggle(false, "Serve newer APIs too."), noFeatures),
  "shutdown-send-retry-after": withoutEffect(
    toggle(false, "Answer 429 during shutdown."),
    "late requests always get 503 with Retry-After",
    (isOn) => !isOn,
  ),
  "shutdown-watch-termination-grace-period": withoutEffect(
    duration(0, "Time for watches to end.", { minMs: 0 }),
    noWatches,
  ),
  "storage-initialization-timeout": withoutEffect(
    duration(60_000, "Time for a database to start.", { minMs: 0 }),
    "there is no database",
  ),
  "strict-transport-security-directives": refused(
    list([], "Directives of the Strict-Transport-Security header."),
    "the header is not sent yet; leave the flag out",
    (directives) => directives.length === 0,
  ),
};

const noProfiling = "no profiles are served (upstream parses this flag and never applies it)";

export const featureFlags = {
  "contention-profiling": withoutEffect(toggle(false, "Profile waits."), noProfiling, (isOn) => !isOn),
  "debug-socket-path": withoutEffect(text("", "Unix socket for profiles."), noProfiling),
  "enable-priority-and-fairness": withoutEffect(
    toggle(true, "Queue requests by priority."),
    "kube-apiserver has already queued what comes through it; here --max-requests-inflight counts (upstream never applies it either)",
    (isOn) => !isOn,
  ),
  profiling: withoutEffect(toggle(true, "Serve profiles."), noProfiling, (isOn) => !isOn),
};

const noBuffer = "log lines are written at once, to standard error";

export const loggingFlagsWithoutEffect = {
  "log-flush-frequency": withoutEffect(duration(5_000, "Time between writes of the log.", { minMs: 0 }), noBuffer),
  "log-json-info-buffer-size": withoutEffect(text("0", "Buffer of JSON lines."), noBuffer),
  "log-json-split-stream": withoutEffect(toggle(false, "Errors apart from the rest."), noBuffer, (isOn) => !isOn),
  "log-text-info-buffer-size": withoutEffect(text("0", "Buffer of text lines."), noBuffer),
  "log-text-split-stream": withoutEffect(toggle(false, "Errors apart from the rest."), noBuffer, (isOn) => !isOn),
  vmodule: withoutEffect(
    { ...text("", "Level of detail by source file."), type: "pattern=N,..." },
    "there is one level of detail for all files: -v",
  ),
};

function klog<T>(flag: Flag<T>): Flag<T> {
  return { ...withoutEffect(flag, noBuffer), isHidden: true };
}

/** Of the logging library; long deprecated, and still in old manifests. */
export const klogFlags = {
  "add-dir-header": klog(toggle(false, "")),
  alsologtostderr: klog(toggle(false, "")),
  "log-backtrace-at": klog(text("", "")),
  "log-dir": klog(text("", "")),
  "log-file": klog(text("", "")),
  "log-file-max-size": klog(integer(1_800, "")),
  logtostderr: { ...withoutEffect(toggle(true, ""), noBuffer, (isOn) => isOn), isHidden: true },
  "one-output": klog(toggle(false, "")),
  "skip-headers": klog(toggle(false, "")),
  "skip-log-headers": klog(toggle(false, "")),
  stderrthreshold: klog(text("2", "")),
};
