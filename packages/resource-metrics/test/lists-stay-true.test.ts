import type { ApiGroup } from "@kubemetrics/apiservice";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resourceMetricsGroup } from "../src/index.ts";
import { bodyText, container, FixedUsage, list, startMs } from "./asking.ts";
import { FixedCluster } from "./fixed-cluster.ts";

const namespaces = ["a", "b", "c-d"];
const podOf = fc.record({ namespace: fc.constantFrom(...namespaces), index: fc.integer({ min: 0, max: 400 }) });

interface Change {
  readonly do: "use" | "forget" | "know" | "gone" | "relabel";
  readonly namespace: string;
  readonly index: number;
}

type Step = Change | { readonly do: "ask"; readonly query: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: podOf.map((pod) => ({ do: "use" as const, ...pod })) },
  { weight: 1, arbitrary: podOf.map((pod) => ({ do: "forget" as const, ...pod })) },
  { weight: 3, arbitrary: podOf.map((pod) => ({ do: "know" as const, ...pod })) },
  { weight: 2, arbitrary: podOf.map((pod) => ({ do: "gone" as const, ...pod })) },
  { weight: 1, arbitrary: podOf.map((pod) => ({ do: "relabel" as const, ...pod })) },
  { weight: 4, arbitrary: fc.nat(5).map((query) => ({ do: "ask" as const, query })) },
);

const yamlQuery = 1;
const queries = [
  {},
  { namespace: "b" },
  { labelSelector: "app in (app-1,app-2)" },
  { namespace: "a", labelSelector: "tier!=x" },
  { fieldSelector: "spec.nodeName=node-b" },
  { version: "v1beta1", fieldSelector: "metadata.namespace!=a" },
];

interface World {
  readonly cluster: FixedCluster;
  readonly usage: FixedUsage;
  /** Keeps what it made. */
  readonly warm: ApiGroup;
  /** Makes everything anew. */
  readonly cold: () => ApiGroup;
}

function world(): World {
  const cluster = new FixedCluster();
  const usage = new FixedUsage();
  for (const namespace of namespaces) {
    for (let index = 0; index < 200; index++) {
      cluster.putPod({ namespace, name: `p-${index}`, labels: { app: `app-${index % 5}` } });
      if (index % 3 > 0) usage.putPod(namespace, `p-${index}`);
    }
  }
  const cold = (): ApiGroup => resourceMetricsGroup({ usage, known: cluster, clock: () => startMs });
  return { cluster, usage, warm: cold(), cold };
}

function change({ cluster, usage }: World, { do: what, namespace, index }: Change, at: number): void {
  const name = `p-${index}`;
  if (what === "use") {
    const containers = [container("app", at * 1_234_567), ...(index % 2 === 0 ? [container("side")] : [])];
    usage.putPod(namespace, name, { containers, nodeName: index % 2 === 0 ? "node-a" : "node-b" });
  } else if (what === "forget") usage.removePod(namespace, name);
  else if (what === "gone") cluster.removePod(namespace, name);
  else cluster.putPod({ namespace, name, labels: { app: `app-${index % 3}`, tier: what === "know" ? "x" : "y" } });
}

/** Bodies of the same list: kept, and made anew. */
function compare({ warm, cold }: World, query: number): [kept: string, anew: string][] {
  const asked = queries[query] ?? {};
  const anew = cold();
  // YAML is slow to write.
  const formats = query === yamlQuery ? (["json", "protobuf", "yaml"] as const) : (["json", "protobuf"] as const);
  return formats.map((format) => [
    bodyText(list(warm, "pods", asked), format),
    bodyText(list(anew, "pods", asked), format),
  ]);
}

describe("a list that is kept between requests", () => {
  it("says what a server that keeps nothing would say, whatever happened in between", () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 20, maxLength: 120 }), (script) => {
        const here = world();
        const asked = queries.map((_, query): Step => ({ do: "ask", query }));
        const bodies = [...asked, ...script, ...asked].flatMap((step, at) => {
          if (step.do === "ask") return compare(here, step.query);
          change(here, step, at);
          return [];
        });
        expect(bodies.filter(([kept, anew]) => kept !== anew)).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});
