/** Only the loader of the official client, and only this file imports it: a bundler leaves the rest of it (15 MB) out. */
export { KubeConfig } from "@kubernetes/client-node";
