/** Flags of the audit log: a policy and a file. What else upstream can do with events is named, each with what happens instead. */
import { choice, duration, float, integer, refused, text, toggle, withoutEffect } from "./flag-kinds.ts";

const auditModes = ["batch", "blocking", "blocking-strict"] as const;
const notBatched = "events are written to the file as they come";
const noTruncation = "events are never shortened";
const noWebhook = "events are written to a file only";

export const auditFlags = {
  "audit-policy-file": text("", "What is audited: an audit.k8s.io/v1 Policy, as YAML or JSON. Without it, nothing is."),
  "audit-log-path": text("", "File for events, one JSON object a line; - for standard output."),
  "audit-log-maxage": integer(366, "Days to keep rotated files. 0: for ever.", { min: 0 }),
  "audit-log-maxbackup": integer(100, "Rotated files to keep. 0: all.", { min: 0 }),
  "audit-log-maxsize": integer(100, "Megabytes of a file before it is rotated.", { min: 1 }),
  "audit-log-mode": refused(
    choice("blocking", auditModes, "Whether requests wait for the log."),
    "requests never wait for the log, so a request could be answered whose event is lost; use another mode",
    (mode) => mode !== "blocking-strict",
  ),
  "audit-log-format": withoutEffect(
    choice("json", ["json", "legacy"], "Form of the file."),
    "events are written as JSON",
    (format) => format === "json",
  ),
  "audit-log-version": withoutEffect(
    text("audit.k8s.io/v1", "Version of events."),
    "events are audit.k8s.io/v1",
    (version) => version === "audit.k8s.io/v1",
  ),
  "audit-log-compress": withoutEffect(
    toggle(false, "Compress rotated files."),
    "rotated files stay as they are",
    (isOn) => !isOn,
  ),
  "audit-log-batch-buffer-size": withoutEffect(
    integer(10_000, "Events kept before they are written in batches."),
    notBatched,
  ),
  "audit-log-batch-max-size": withoutEffect(integer(1, "Events of a batch."), notBatched),
  "audit-log-batch-max-wait": withoutEffect(duration(0, "Longest wait for a full batch."), notBatched),
  "audit-log-batch-throttle-burst": withoutEffect(integer(0, "Batches at once."), notBatched),
  "audit-log-batch-throttle-enable": withoutEffect(toggle(false, "Limit batches."), notBatched, (isOn) => !isOn),
  "audit-log-batch-throttle-qps": withoutEffect(float(0, "Batches per second."), notBatched),
  "audit-log-truncate-enabled": withoutEffect(toggle(false, "Shorten long events."), noTruncation, (isOn) => !isOn),
  "audit-log-truncate-max-batch-size": withoutEffect(integer(10_485_760, "Bytes of a batch."), noTruncation),
  "audit-log-truncate-max-event-size": withoutEffect(integer(102_400, "Bytes of an event."), noTruncation),
  "audit-webhook-config-file": refused(
    text("", "Kubeconfig of a receiver of events."),
    "no event would be sent, because only files are written; use --audit-log-path",
    (path) => path === "",
  ),
  "audit-webhook-batch-buffer-size": withoutEffect(
    integer(10_000, "Events kept before they are sent in batches."),
    noWebhook,
  ),
  "audit-webhook-batch-max-size": withoutEffect(integer(400, "Events of a batch."), noWebhook),
  "audit-webhook-batch-max-wait": withoutEffect(duration(30_000, "Longest wait for a full batch."), noWebhook),
  "audit-webhook-batch-throttle-burst": withoutEffect(integer(15, "Batches at once."), noWebhook),
  "audit-webhook-batch-throttle-enable": withoutEffect(toggle(true, "Limit batches."), noWebhook),
  "audit-webhook-batch-throttle-qps": withoutEffect(float(10, "Batches per second."), noWebhook),
  "audit-webhook-initial-backoff": withoutEffect(duration(10_000, "First wait after a failure."), noWebhook),
  "audit-webhook-mode": withoutEffect(
    choice("batch", auditModes, "Whether requests wait for the receiver."),
    noWebhook,
  ),
  "audit-webhook-truncate-enabled": withoutEffect(toggle(false, "Shorten long events."), noWebhook, (isOn) => !isOn),
  "audit-webhook-truncate-max-batch-size": withoutEffect(integer(10_485_760, "Bytes of a batch."), noWebhook),
  "audit-webhook-truncate-max-event-size": withoutEffect(integer(102_400, "Bytes of an event."), noWebhook),
  "audit-webhook-version": withoutEffect(text("audit.k8s.io/v1", "Version of events."), noWebhook),
};
