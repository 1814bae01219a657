/** `node --conditions=kubemetrics-source test/by-hand.ts`: a cluster in this process with flunders in it, for your kubectl. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFlunders, until } from "./running-flunders.ts";

const cluster = await runFlunders();
await cluster.replica();
await until("the APIService is available", async () => (await cluster.available()).status === "True");
const path = join(tmpdir(), `flunders-${process.pid}.kubeconfig`);
await cluster.sandbox.writeKubeconfig(path, "admin");
console.log(`export KUBECONFIG=${path}\nkubectl explain flunder`);
