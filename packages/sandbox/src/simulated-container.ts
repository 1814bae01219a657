/** One container's made-up usage. */
import type { MeteredContainer } from "./metered-node.ts";
import { seededRandom } from "./seeded-random.ts";

export interface ContainerSampling {
  readonly seed: number;
  readonly sampleIntervalMs: number;
}

const mebibyte = 1024 * 1024;
const pageBytes = 4096;

/** CPU that swings around a mean, slowly and quickly at once, and memory that breathes a little. */
export class SimulatedContainer implements MeteredContainer {
  readonly name: string;
  readonly #firstStartMs: number;
  #startMs: number;
  readonly #intervalMs: number;
  readonly #phaseMs: number;
  readonly #cores: number;
  /** Together they swing by less than the mean, so that the counter never goes back. */
  readonly #slow: Swing;
  readonly #quick: Swing;
  readonly #bytes: number;

  constructor(
    name: string,
    sampling: ContainerSampling,
    key: string,
    startMs: number,
    size?: { readonly cores: number; readonly bytes: number },
  ) {
    const random = seededRandom(sampling.seed, key);
    this.name = name;
    this.#firstStartMs = startMs;
    this.#startMs = startMs;
    this.#intervalMs = sampling.sampleIntervalMs;
    this.#phaseMs = Math.floor(random() * sampling.sampleIntervalMs);
    // Most containers idle and a few work: squared twice, 1 m to 250 m.
    this.#cores = size?.cores ?? 0.001 + 0.25 * random() ** 4;
    this.#slow = { share: 0.1 + 0.4 * random(), periodSeconds: 60 + 540 * random() };
    this.#quick = { share: 0.1 + 0.3 * random(), periodSeconds: 7 + 30 * random() };
    this.#bytes = size?.bytes ?? (12 + 240 * random() ** 2) * mebibyte;
  }

  get startMs(): number {
    return this.#startMs;
  }

  restart(nowMs: number): void {
    this.#startMs = nowMs;
  }

  sampleTimeMs(nowMs: number): number {
    return lastSample(nowMs, this.#intervalMs, this.#phaseMs);
  }

  cpuSeconds(nowMs: number): number {
    const at = this.sampleTimeMs(nowMs);
    if (at <= this.#startMs) return 0;
    return nanosecondSteps(this.#integral(at) - this.#integral(this.#startMs));
  }

  workingSetBytes(nowMs: number): number {
    return this.memoryAt(this.sampleTimeMs(nowMs));
  }

  lifetimeCpuSeconds(atMs: number): number {
    return atMs <= this.#firstStartMs ? 0 : this.#integral(atMs) - this.#integral(this.#firstStartMs);
  }

  memoryAt(atMs: number): number {
    const wave = Math.sin((atMs / 1000 / this.#slow.periodSeconds) * Math.PI);
    return Math.round((this.#bytes * (1 + 0.05 * wave)) / pageBytes) * pageBytes;
  }

  /** CPU seconds since the time the first container started. */
  #integral(atMs: number): number {
    const seconds = (atMs - this.#firstStartMs) / 1000;
    return this.#cores * (seconds + swungSeconds(this.#slow, seconds) + swungSeconds(this.#quick, seconds));
  }
}

/** CPU goes up and down as a sine. */
interface Swing {
  readonly share: number;
  readonly periodSeconds: number;
}

/** The integral of share × sin from 0 on. */
function swungSeconds({ share, periodSeconds }: Swing, seconds: number): number {
  const omega = (2 * Math.PI) / periodSeconds;
  return (share / omega) * (1 - Math.cos(omega * seconds));
}

/** When the sample was taken that a reader gets at a moment. */
export function lastSample(nowMs: number, intervalMs: number, phaseMs: number): number {
  return Math.floor((nowMs - phaseMs) / intervalMs) * intervalMs + phaseMs;
}

/** Kernels count nanoseconds. */
export function nanosecondSteps(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}
