import { systemClock as apiserviceClock } from "@kubemetrics/apiservice";
import { systemClock as kubeClock } from "@kubemetrics/kube";
import { systemClock as kubeletClock } from "@kubemetrics/kubelet";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const longestTimerMs = 2 ** 31 - 1;

const waiting: Pick<typeof kubeClock, "after"> = {
  after: (delayMs, callback) => kubeClock.wait?.(delayMs, callback) ?? (() => undefined),
};

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe.each([
  { of: "apiservice", clock: apiserviceClock },
  { of: "kube", clock: kubeClock },
  { of: "kube, for waits that keep the process alive", clock: waiting },
  { of: "kubelet", clock: kubeletClock },
])("the clock of $of", ({ clock }) => {
  test.each([1, 1_000, longestTimerMs, longestTimerMs + 1, 3e9, 31_536_000_000])(
    "calls back once, %d ms later and not before",
    (delayMs) => {
      const called = vi.fn<() => void>();
      clock.after(delayMs, called);
      vi.advanceTimersByTime(delayMs - 1);
      expect(called).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(called).toHaveBeenCalledOnce();
      vi.advanceTimersByTime(2 * longestTimerMs);
      expect(called).toHaveBeenCalledOnce();
    },
  );

  test.each([0, 1, 2])("can be told not to call back after %d of a long wait's timers", (passed) => {
    const called = vi.fn<() => void>();
    const cancel = clock.after(4 * longestTimerMs, called);
    vi.advanceTimersByTime(passed * longestTimerMs);
    cancel();
    vi.advanceTimersByTime(5 * longestTimerMs);
    expect([called.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test.each([2 ** 63 * 1000, Infinity])("waits %d ms, which is for ever", (delayMs) => {
    const called = vi.fn<() => void>();
    const cancel = clock.after(delayMs, called);
    vi.advanceTimersByTime(10 * longestTimerMs);
    expect(called).not.toHaveBeenCalled();
    cancel();
  });
});
