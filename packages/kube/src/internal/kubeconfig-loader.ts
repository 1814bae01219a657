/**
 * Only the loader of the official client, and only this file imports it: a bundler leaves the rest of it (15 MB) out. The YAML reader is
 * the one that it brings, for what it drops; its own way to that reader leads through all its models.
 */
export { KubeConfig } from "@kubernetes/client-node";
export { load as loadYaml } from "js-yaml";
