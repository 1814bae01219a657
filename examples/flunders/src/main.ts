/** `node main.ts --kubeconfig ~/.kube/config --port 6443`; in a pod, without `--kubeconfig`. */
import { parseArgs } from "node:util";
import { systemClock, type Log } from "@kubemetrics/apiservice";
import { inClusterConfig, kubeconfigConfig } from "@kubemetrics/kube";
import { wardleGroup } from "./flunders.ts";
import { serve } from "./server.ts";

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    port: { type: "string", default: "6443" },
    "bind-address": { type: "string", default: "0.0.0.0" },
    service: { type: "string", default: "wardle/flunders" },
    "shutdown-delay-seconds": { type: "string", default: "5" },
  },
});
const write =
  (level: string) =>
  (fields: object, message: string): void =>
    console.error(JSON.stringify({ level, message, ...fields }));
const log: Log = { info: write("info"), warn: write("warn"), error: write("error") };

const { KUBERNETES_SERVICE_HOST: apiHost, KUBERNETES_SERVICE_PORT: apiPort } = process.env;
const cluster =
  values.kubeconfig === undefined
    ? await inClusterConfig({ host: apiHost, port: apiPort })
    : await kubeconfigConfig({ path: values.kubeconfig });
const [namespace = "", name = ""] = values.service.split("/");
const server = await serve(wardleGroup(systemClock), {
  cluster,
  service: { namespace, name },
  port: Number(values.port),
  host: values["bind-address"],
  log,
});
log.info({ port: server.port }, "serving");

process.once("SIGTERM", () => void server.close(Number(values["shutdown-delay-seconds"]) * 1000));
process.once("SIGINT", () => void server.close(0));
