/** The demo from its first line to its last. */
import type { DemoOptions } from "./arguments.ts";
import { DemoCluster } from "./demo-cluster.ts";
import type { MetricsServerProcess } from "./metrics-server-process.ts";
import { Screen, type Output } from "./screen.ts";
import { UsageHistory } from "./usage-history.ts";
import type { UsageReading } from "./usage-reading.ts";
import { usageTables } from "./usage-table.ts";

export interface DemoSurroundings {
  readonly output: Output;
  /** Aborted when the user wants to leave. */
  readonly leave: AbortSignal;
  /** Told about the other process as soon as there is one, long before it listens. */
  readonly onProcess: (server: MetricsServerProcess) => void;
}

const liveIntervalMs = 1_000;
/** Plain text keeps every table: fewer of them. */
const plainIntervalMs = 5_000;
/** Lines around the tables: title, heads, gaps, commands. */
const frameRows = 13;

/** Resolves when the demo is over and nothing of it is left. @throws with a message for people */
export async function runDemo(options: DemoOptions, { output, leave, onProcess }: DemoSurroundings): Promise<void> {
  const screen = new Screen(output);
  // Since the process began: loading the programs counts.
  const progress = (step: string): void =>
    screen.print(`${(performance.now() / 1000).toFixed(1).padStart(5)} s  ${step}`);
  const cluster = await DemoCluster.start(options, progress, onProcess);
  try {
    const first = await cluster.firstReading(leave);
    progress(`numbers of all ${first.nodes.length} nodes and ${first.pods.length} pods, through the aggregator`);
    screen.print();
    if (options.isOnce) {
      const all = { nodeRows: Number.POSITIVE_INFINITY, podRows: Number.POSITIVE_INFINITY, columns: screen.columns };
      for (const line of usageTables(first, all)) screen.print(line);
    } else {
      await showLive(cluster, screen, first, leave);
    }
  } catch (error) {
    if (!leave.aborted) throw error;
  } finally {
    screen[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  }
  if (leave.aborted) screen.print("The cluster is gone, and its files with it.");
}

async function showLive(cluster: DemoCluster, screen: Screen, first: UsageReading, leave: AbortSignal): Promise<void> {
  const history = new UsageHistory(60);
  const intervalMs = screen.isTerminal ? liveIntervalMs : plainIntervalMs;
  if (!screen.isTerminal) for (const line of commandsToTry(cluster.kubeconfigPath)) screen.print(line);
  for (let reading = first; !leave.aborted; reading = await cluster.read()) {
    history.add(reading);
    screen.draw(
      screen.isTerminal
        ? liveFrame(cluster, screen, reading, history)
        : usageTables(reading, { nodeRows: 20, podRows: 20, columns: screen.columns }),
    );
    await pause(intervalMs, leave);
  }
}

function liveFrame(
  cluster: DemoCluster,
  screen: Screen,
  reading: UsageReading,
  history: UsageHistory,
): readonly string[] {
  const nodeRows = Math.max(1, Math.min(reading.nodes.length, Math.floor((screen.rows - frameRows) / 2)));
  const podRows = Math.max(1, screen.rows - frameRows - nodeRows);
  return [
    `Ctrl-C leaves. ${reading.nodes.length} nodes (${cluster.machineName} is this machine), ${reading.pods.length} pods, through the aggregator.`,
    "",
    ...usageTables(reading, { history, nodeRows, podRows, columns: screen.columns }),
    "",
    ...commandsToTry(cluster.kubeconfigPath),
  ];
}

function commandsToTry(kubeconfig: string): readonly string[] {
  const path = /[^\w./-]/.test(kubeconfig) ? `'${kubeconfig.replaceAll("'", String.raw`'\''`)}'` : kubeconfig;
  return [
    `To try in another terminal, with ${kubeconfig}:`,
    `  kubectl --kubeconfig ${path} top nodes`,
    `  kubectl --kubeconfig ${path} top pods -A --containers --sum`,
    `  kubectl --kubeconfig ${path} get --raw /apis/metrics.k8s.io/v1/nodes`,
    "",
  ];
}

function pause(ms: number, leave: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    clearTimeout(timer);
    leave.removeEventListener("abort", done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  leave.addEventListener("abort", done);
  if (leave.aborted) done();
  return promise;
}
