import { expect, test, vi } from "vitest";
import * as exposition from "../src/index.ts";

test("errors are recognised across two copies of the package, and told apart", async () => {
  vi.resetModules();
  const other = await import("../src/index.ts");
  expect(other.PageInvalid).not.toBe(exposition.PageInvalid);
  const error = new other.PageInvalid("NAME", Buffer.from("x"), 0, "expected a metric name");
  expect(error).toBeInstanceOf(exposition.PageInvalid);
  expect(error).toBeInstanceOf(exposition.ExpositionError);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(exposition.MetricInvalid);
  expect(error).toMatchObject({ name: "PageInvalid", code: "NAME", line: 1, column: 1 });
  expect(new Error("x")).not.toBeInstanceOf(exposition.ExpositionError);
});
