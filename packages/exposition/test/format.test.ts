import { expect, test } from "vitest";
import { contentTypes, type Format, formatOf, negotiateFormat } from "../src/index.ts";

test.each<[string | undefined, Format]>([
  ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
  ["Application/OpenMetrics-Text", "openmetrics"],
  ["text/plain; version=0.0.4; charset=utf-8", "text"],
  ["application/json", "text"],
  ["", "text"],
  [undefined, "text"],
])("a response of type %j is read as %s", (contentType, format) => {
  expect(formatOf(contentType)).toBe(format);
});

test.each<[string, string | undefined, Format]>([
  [
    "Prometheus",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "openmetrics",
  ],
  ["a browser", "text/html,application/xhtml+xml,*/*;q=0.8", "text"],
  ["curl", "*/*", "text"],
  ["nothing", undefined, "text"],
  ["plain text first", "application/openmetrics-text;q=0.5,text/plain", "text"],
  ["who likes both alike", "text/plain,application/openmetrics-text", "openmetrics"],
  ["OpenMetrics refused", "application/openmetrics-text;q=0,*/*", "text"],
  ["a version of the future", "application/openmetrics-text;version=2.0.0", "text"],
])("%s gets the format it can read best", (_, accept, format) => {
  expect(negotiateFormat(accept)).toBe(format);
});

test("what is announced is what a reader recognises", () => {
  expect(Object.values(contentTypes).map(formatOf)).toEqual(Object.keys(contentTypes));
});
