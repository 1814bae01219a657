/** kube-apiserver's audit log of reviews: what an extension server really asked, and what it was told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditEvent } from "./control-plane.ts";
import type { StateFolder } from "./state-folder.ts";

/** Reviews with what was asked and answered; nothing else is written. */
const policy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "RequestResponse",
      resources: [
        { group: "authorization.k8s.io", resources: ["subjectaccessreviews"] },
        { group: "authentication.k8s.io", resources: ["tokenreviews"] },
      ],
    },
    { level: "None" },
  ],
};

const log = (folder: StateFolder): string => join(folder.path, "audit.log");

export function auditFlags(folder: StateFolder): string[] {
  return [
    `--audit-log-path=${log(folder)}`,
    `--audit-policy-file=${folder.file("audit.yaml", JSON.stringify(policy))}`,
  ];
}

export function auditEvents(folder: StateFolder): AuditEvent[] {
  return readFileSync(log(folder), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as AuditEvent);
}
