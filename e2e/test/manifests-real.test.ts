/** What users apply is what the base says. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { program } from "../control-plane/assets.ts";

const folder = resolve(import.meta.dirname, "../../deploy/metrics-server");

it("components.yaml is the rendered base", async () => {
  const rendered = execFileSync(await program("kubectl"), ["kustomize", join(folder, "base")], { encoding: "utf8" });
  expect(readFileSync(join(folder, "components.yaml"), "utf8")).toBe(rendered);
});
