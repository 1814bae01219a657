/** The files that flags name, looked at together before anything is opened: who fixes one learns of the others too. */
import type { MetricsServerOptions } from "./options.ts";
import { FlagsInvalid } from "./parse-flags.ts";
import type { ReadText } from "./text-files.ts";

/**
 * Reads every file that a flag names. What is in it is judged later, by who uses it.
 *
 * @throws FlagsInvalid with a line for each file that cannot be read: flag, path, reason
 */
export async function requireFlagFiles(options: MetricsServerOptions, readText: ReadText): Promise<void> {
  const given = flagFiles(options).filter(([, path]) => path !== "");
  const answers = await Promise.allSettled(given.map(([, path]) => readText(path)));
  const problems = given.flatMap(([flag, path], index) => {
    const answer = answers[index];
    return answer?.status === "rejected" ? [`--${flag} ${path} cannot be read: ${reasonOf(answer.reason)}`] : [];
  });
  if (problems.length > 0) throw new FlagsInvalid(problems);
}

type FlagFile = readonly [flag: string, path: string];

function flagFiles({
  serving,
  authentication,
  authorization,
  kubelet,
  audit,
  kubeconfig,
}: MetricsServerOptions): FlagFile[] {
  return [
    ["kubeconfig", kubeconfig],
    ["authentication-kubeconfig", authentication.kubeconfig],
    ["authorization-kubeconfig", authorization.kubeconfig],
    ["tls-cert-file", serving.tlsCertFile],
    ["tls-private-key-file", serving.tlsPrivateKeyFile],
    ["client-ca-file", authentication.clientCaFile],
    ["requestheader-client-ca-file", authentication.requestHeaderClientCaFile],
    ["kubelet-certificate-authority", kubelet.certificateAuthority],
    ["kubelet-client-certificate", kubelet.clientCertificate],
    ["kubelet-client-key", kubelet.clientKey],
    // Without a log the policy has no effect, and is not read.
    ["audit-policy-file", audit.logPath === "" ? "" : audit.policyFile],
  ];
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  EACCES: "this process has no permission",
  EPERM: "this process has no permission",
};

function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const reason = reasons[code];
  return reason === undefined ? message : `${reason} (${code})`;
}
