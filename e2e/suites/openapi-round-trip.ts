/** OpenAPI documents through the types of kube-openapi, as kube-apiserver and kubectl read them. */
import { execFile } from "node:child_process";
import { goProgram } from "./go-programs.ts";

/** The document as those types write it; what they do not know is gone. Rejects when they read their own writing differently. */
export async function openApiRoundTrip(version: "v2" | "v3", document: unknown): Promise<unknown> {
  const path = await goProgram("openapi-round-trip");
  return new Promise((resolve, reject) => {
    const child = execFile(path, [version], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout));
      else reject(new Error(stderr, { cause: error }));
    });
    child.stdin?.end(JSON.stringify(document));
  });
}
