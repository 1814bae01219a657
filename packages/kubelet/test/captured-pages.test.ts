/** Pages captured from a real kubelet: three endpoints that speak of the same containers at the same moment. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { bundledKubeletPages } from "@kubemetrics/conformance";
import { describe, expect, test } from "vitest";
import { CadvisorDecoder, ResourceDecoder, SummaryDecoder } from "../src/index.ts";
import { plain } from "./support/points.ts";

const moments = readdirSync(bundledKubeletPages).filter((name) =>
  existsSync(`${bundledKubeletPages}${name}/stats-summary.json`),
);
const withCadvisor = moments.filter((name) => existsSync(`${bundledKubeletPages}${name}/metrics-cadvisor.txt`));
const read = (moment: string, file: string): Buffer => readFileSync(`${bundledKubeletPages}${moment}/${file}`);

test("there are pages", () => {
  expect([moments.length, withCadvisor.length]).toEqual([39, 3]);
});

describe("a resource page", () => {
  test.each(moments)("is taken without a rejected line: %s", (moment) => {
    const decoded = new ResourceDecoder("n").decode(read(moment, "metrics-resource.txt"), 0);
    expect(decoded).toMatchObject({ rejected: 0, firstRejected: undefined });
    const points = plain(decoded.points);
    expect(points.get("")?.memoryBytes).toBeGreaterThan(1e9);
    expect(points.size).toBeGreaterThan(5);
  });

  test.each(moments)("joins CPU, memory and start of every container: %s", (moment) => {
    const page = read(moment, "metrics-resource.txt").toString();
    const cpuLines = page.split("\n").filter((line) => line.startsWith("container_cpu_usage_seconds_total{"));
    const points = plain(new ResourceDecoder("n").decode(Buffer.from(page), 0).points);
    for (const line of cpuLines) {
      const [, container, namespace, pod, cpu, time] =
        /container="(.*?)",namespace="(.*?)",pod="(.*?)"\} (\S+) (\d+)/.exec(line) ?? [];
      const point = points.get(`${namespace}/${pod}/${container}`);
      expect(point).toMatchObject({ cpuNs: Math.trunc(Number(cpu) * 1e9), timeMs: Number(time) });
      expect(point?.memoryBytes).not.toBeNaN();
    }
    expect(points.size - 1).toBe(cpuLines.length);
  });
});

describe("a cadvisor page", () => {
  // With the CRI gate, cadvisor's CPU is whole seconds, read at another moment than the resource page's.
  const sameSource = withCadvisor.filter((moment) => moment !== "cri-stats-gate");

  test.each(sameSource)("has the same points as the resource page of the moment: %s", (moment) => {
    const resource = plain(new ResourceDecoder("n").decode(read(moment, "metrics-resource.txt"), 0).points);
    const decoded = new CadvisorDecoder("n").decode(read(moment, "metrics-cadvisor.txt"), 0);
    expect(decoded.rejected).toBe(0);
    const cadvisor = plain(decoded.points);
    expect([...cadvisor.keys()].toSorted()).toEqual([...resource.keys()].toSorted());
    for (const [name, point] of cadvisor) {
      const { startMs, ...reading } = resource.get(name)!;
      expect({ name, ...point }).toMatchObject({ name, ...reading });
      // Start times are whole seconds in this page, of the cgroup rather than the container.
      if (name === "") continue;
      expect(point.startMs % 1000).toBe(0);
      expect(Math.abs(point.startMs - startMs)).toBeLessThan(1000);
    }
  });

  test("whose CPU comes from the container runtime has whole seconds", () => {
    const resource = plain(new ResourceDecoder("n").decode(read("cri-stats-gate", "metrics-resource.txt"), 0).points);
    const cadvisor = plain(new CadvisorDecoder("n").decode(read("cri-stats-gate", "metrics-cadvisor.txt"), 0).points);
    for (const [name, point] of cadvisor) {
      if (name === "") continue;
      expect(point.cpuNs).toBe(Math.trunc(resource.get(name)!.cpuNs / 1e9) * 1e9);
      expect(point.memoryBytes).toBe(resource.get(name)!.memoryBytes);
    }
    expect(cadvisor.size).toBeGreaterThan(5);
  });
});

describe("a summary", () => {
  test.each(moments)(
    "has the containers of the resource page, and its readings where they are of the same time: %s",
    (moment) => {
      const resource = plain(new ResourceDecoder("n").decode(read(moment, "metrics-resource.txt"), 0).points);
      const decoded = new SummaryDecoder("n").decode(read(moment, "stats-summary.json"), 0);
      expect(decoded.rejected).toBe(0);
      const summary = plain(decoded.points);
      let equal = 0;
      for (const [name, point] of summary) {
        const other = resource.get(name);
        if (other === undefined || Math.floor(other.timeMs / 1000) * 1000 !== point.timeMs) continue;
        if (Math.abs(other.cpuNs - point.cpuNs) <= 1 && other.memoryBytes === point.memoryBytes) equal++;
      }
      expect(equal).toBeGreaterThan(0);
      expect(decoded.ephemeralStorage.length).toBeGreaterThan(0);
      expect(decoded.swapBytes).toHaveLength(decoded.points.size);
    },
  );
});
