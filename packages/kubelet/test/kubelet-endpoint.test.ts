import { describe, expect, test } from "vitest";
import { kubeletEndpoint, type EndpointOptions, type ScrapeTarget } from "../src/index.ts";

const target: ScrapeTarget = {
  name: "worker-1",
  addresses: [
    { type: "ExternalIP", address: "192.0.2.7" },
    { type: "InternalIP", address: "10.0.0.7" },
    { type: "InternalIP", address: "fd00::7" },
    { type: "Hostname", address: "worker-1.lan" },
    { type: "InternalDNS", address: "worker-1.internal" },
    { type: "CloudThing", address: "cloud-7" },
  ],
  kubeletPort: 10_251,
  annotations: new Map(),
};

const options: EndpointOptions = { preferredAddressTypes: ["InternalIP", "Hostname"], port: 10_250 };

describe("the address", () => {
  test.each([
    [["InternalIP", "Hostname"], "10.0.0.7"],
    [["InternalDNS", "Hostname"], "worker-1.internal"],
    [["ExternalDNS", "ExternalIP"], "192.0.2.7"],
    [["CloudThing"], "cloud-7"],
  ])("is the first of the first type the node has: %j", (preferredAddressTypes, address) => {
    expect(kubeletEndpoint(target, { ...options, preferredAddressTypes }).address).toBe(address);
  });

  test("that is missing is explained with what there is", () => {
    const none = { ...target, addresses: [{ type: "Hostname", address: "" }] };
    expect(() => kubeletEndpoint(none, options)).toThrow(
      'node "worker-1" has no address of the types InternalIP, Hostname (it has Hostname); ' +
        "add a type to --kubelet-preferred-address-types, or have the node's cloud controller or kubelet report one",
    );
  });
});

describe("the port", () => {
  test.each([
    ["is the configured one", options, 10_250, 10_250],
    ["is the node's own when wanted", { ...options, useNodeStatusPort: true }, 10_251, 10_251],
    ["is the configured one when the node names none", { ...options, useNodeStatusPort: true }, 0, 10_250],
  ])("%s", (_, chosen, kubeletPort, port) => {
    expect(kubeletEndpoint({ ...target, kubeletPort }, chosen).port).toBe(port);
  });
});

describe("the path", () => {
  test.each([
    [undefined, "/metrics/resource"],
    ["", "/metrics/resource"],
    ["/nodes/worker-1/metrics/resource", "/nodes/worker-1/metrics/resource"],
    ["fake", "/fake"],
  ])("for annotation %j is %s", (annotation, path) => {
    const annotations = new Map(annotation === undefined ? [] : [["metrics.k8s.io/resource-metrics-path", annotation]]);
    expect(kubeletEndpoint({ ...target, annotations }, options).resourcePath).toBe(path);
  });
});

test("a certificate may be for the dialled address, the node's name, or a host name of it, but for no other address", () => {
  expect(kubeletEndpoint(target, options).certificateNames).toEqual([
    "10.0.0.7",
    "worker-1",
    "worker-1.lan",
    "worker-1.internal",
  ]);
});
