import type { VersionInfo } from "@kubemetrics/apiservice";

/** As in package.json; a test holds them together. */
export const version = "0.1.0";

/** For `/version`. There is no Go in it; clients print these fields and decide nothing by them. */
export function versionInfo(): VersionInfo {
  const [major = "0", minor = "0"] = version.split(".");
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return {
    major,
    minor,
    gitVersion: `v${version}`,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "",
    goVersion: "",
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${architecture}`,
  };
}
