import { describe, expect, it } from "vitest";
import { helpText, parseDemoArguments } from "../src/arguments.ts";

describe("the command line", () => {
  it("needs nothing: three nodes with eight pods, live, on any port", () => {
    const options = { isOnce: false, nodes: 3, podsPerNode: 8, port: 0, folder: ".demo" };
    expect(parseDemoArguments([])).toEqual({ kind: "run", options });
  });

  it.each([
    [["--once"], { isOnce: true }],
    [["--", "--once"], { isOnce: true }],
    [["--nodes", "100", "--pods=30"], { nodes: 100, podsPerNode: 30 }],
    [["--nodes=0"], { nodes: 0 }],
    [["--port", "6443", "--dir", "/tmp/x"], { port: 6443, folder: "/tmp/x" }],
  ])("understands %j", (args, expected) => {
    expect(parseDemoArguments(args)).toMatchObject({ kind: "run", options: expected });
  });

  it.each([[["--help"]], [["-h", "--nodes", "many"]]])("shows help for %j", (args) => {
    expect(parseDemoArguments(args)).toEqual({ kind: "help" });
  });

  it("names every flag in the help text", () => {
    for (const flag of ["--once", "--nodes", "--pods", "--port", "--dir", "--help"]) expect(helpText).toContain(flag);
  });

  it.each([
    [["--nodes", "many"], ['--nodes is "many"; it must be a whole number from 0 to 5000']],
    [["--nodes", "-1"], ['--nodes is "-1"; it must be a whole number from 0 to 5000']],
    [["--port", "65536"], ['--port is "65536"; it must be a whole number from 0 to 65535']],
    [["--pods", "1.5"], ['--pods is "1.5"; it must be a whole number from 0 to 500']],
    [["--dir"], ["--dir needs a value"]],
    [["--once=yes"], ["--once takes no value"]],
    [["--wat"], ["--wat is not known; --help shows all flags"]],
    [["live"], ['"live" is no flag; --help shows them']],
    [
      ["--wat", "--nodes=x"],
      ["--wat is not known", '--nodes is "x"'],
    ],
  ])("says everything that is wrong with %j", (args, problems) => {
    for (const problem of problems) expect(() => parseDemoArguments(args)).toThrow(problem);
  });
});
