/** A resource that is not stored by the framework: the machine's load, as it is when somebody asks. */
import { loadavg } from "node:os";
import { notFound } from "@kubemetrics/apimachinery";
import { listAnswer, objectAnswer, type JsonObject, type ResourceDefinition } from "@kubemetrics/apiservice";

const group = "wardle.example.com";
const apiVersion = `${group}/v1alpha1`;
const periods = ["one-minute", "five-minutes", "fifteen-minutes"];

function load(name: string): JsonObject {
  const average = loadavg()[periods.indexOf(name)] ?? 0;
  return { kind: "Load", apiVersion, metadata: { name }, runningProcesses: average.toFixed(2) };
}

export const loads: ResourceDefinition = {
  name: "loads",
  singularName: "load",
  kind: "Load",
  namespaced: false,
  verbs: ["get", "list"],
  formats: ["json", "yaml"],
  get({ name = "" }) {
    if (!periods.includes(name)) throw notFound({ group, resource: "loads" }, name);
    return objectAnswer(load(name));
  },
  list: () => listAnswer({ kind: "LoadList", apiVersion, metadata: {} }, periods.map(load)),
};
