import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const example = resolve(import.meta.dirname, "..");
const guide = readFileSync(resolve(example, "../../docs/guides/extension-api-server.md"), "utf8");

function texts(folder: string, extension: string): string {
  const names = readdirSync(join(example, folder)).filter((name) => name.endsWith(extension));
  return names.map((name) => readFileSync(join(example, folder, name), "utf8")).join("\n");
}

/** What the example calls, and the guide takes apart. */
const framework = readFileSync(resolve(example, "../../packages/apiservice/src/aggregated-server.ts"), "utf8");

test.each([
  { language: "ts", sources: texts("src", ".ts") + texts("test", ".ts") + framework },
  { language: "yaml", sources: texts("deploy", ".yaml") },
])("every $language block of the guide stands in the code, word for word", ({ language, sources }) => {
  const blocks = [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks.filter((block) => !sources.includes(block))).toEqual([]);
});

test("every file that the guide links to is there", () => {
  const links = [...guide.matchAll(/\]\((\.\.[^)]+)\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((link) => !existsSync(resolve(example, "../../docs/guides", link)))).toEqual([]);
});
