/**
 * The process. It keeps compiled code in the checkout's own `node_modules`, which saves the next run a second; programs it starts use the
 * same folder.
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/kubemetrics-demo", import.meta.url)));
// Loaded after the line above, so that it is loaded from there.
const { runCommandLine } = await import("./command-line.ts");
process.exitCode = await runCommandLine(process.argv.slice(2));
