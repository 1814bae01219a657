// The store
export { UsageStore } from "./usage-store.ts";
export type { StoredPoints, UsageStoreOptions } from "./usage-store.ts";

// Its arithmetic
export { cpuRate } from "./cpu-rate.ts";

// What goes in
export type { ContainerIdentity, NodePoints } from "./node-points.ts";

// What comes out
export type { ContainerUsage, NodeUsage, PodUsage } from "./usage-view.ts";
