// A cluster
export { startSandbox } from "./sandbox.ts";
export type {
  AggregationPeriods,
  ExtensionRegistration,
  FrontProxyRotation,
  MachineOptions,
  MachineProcess,
  PodOptions,
  Sandbox,
  SandboxNode,
  SandboxOptions,
  SandboxUser,
  ServiceAccountCredentials,
  CertificateAndKey,
} from "./sandbox-types.ts";

export { SandboxError } from "./sandbox-error.ts";
export type { SandboxErrorCode } from "./sandbox-error.ts";

// Kubelets
export type { KubeletFault } from "./kubelet-fault.ts";

// Objects
export type { Json, JsonObject, KubeObject, ObjectMeta } from "./kube-object.ts";
