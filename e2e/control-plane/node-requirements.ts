/** Whether this machine can run a real node, and the namespaces it runs in. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** New namespaces; when this process is killed, the kernel ends everything in them. */
export const isolation = [
  "unshare",
  "--net",
  "--mount",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
  "--propagation",
  "private",
];

/** What a real node needs and this machine does not have, each with the way to get it. */
export function missingForNode(): string[] {
  if (process.platform !== "linux") return [`Linux (this is ${process.platform})`];
  if (process.getuid?.() !== 0) return ["root (namespaces, mounts and cgroups need it)"];
  const missing: string[] = [];
  const has = (command: string): boolean => spawnSync("which", [command]).status === 0;
  const commands = { runc: "runc", ip: "iproute2", iptables: "iptables", unshare: "util-linux", mount: "mount" };
  for (const [command, debian] of Object.entries(commands)) {
    if (!has(command)) missing.push(`${command} (Debian package ${debian})`);
  }
  if (!existsSync("/usr/lib/cni/bridge")) {
    missing.push("the CNI plugins in /usr/lib/cni (Debian package containernetworking-plugins)");
  }
  const [command = "", ...flags] = isolation;
  const script =
    "ip link set lo up && ip link add name km0 type bridge && iptables -t nat -L && mount -t tmpfs tmpfs /mnt";
  if (missing.length === 0) {
    const tried = spawnSync(command, [...flags, "sh", "-c", script], { encoding: "utf8" });
    if (tried.status !== 0) missing.push(`the right to make namespaces, bridges and mounts (${tried.stderr.trim()})`);
  }
  return missing;
}
