export { wardleGroup } from "./flunders.ts";
export { serve, type RunningServer, type ServeOptions } from "./server.ts";
