/** What stands between a kubeconfig and its credentials when it holds none itself: a command, or code of the official client. */
import type { KubeConfig, User } from "@kubernetes/client-node";
import { ExecPlugin, type ExecConfig, type ExecSurroundings } from "./exec-plugin.ts";

export interface PluginCredential {
  readonly authorization: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

export interface CredentialPlugin {
  /** For messages: `command "kubelogin"`. */
  readonly name: string;
  /** Answers from memory until the credential expires. `signal` ends the work. @throws Error without any part of a credential in its message */
  credential(signal: AbortSignal): Promise<PluginCredential>;
}

/** The plugin of the current context's user, if it has one. */
export function credentialPlugin(
  kubeConfig: KubeConfig,
  { exec, authProvider }: Partial<User>,
  around: ExecSurroundings,
): CredentialPlugin | undefined {
  const command = (exec ?? (authProvider as { config?: { exec?: unknown } } | undefined)?.config?.exec) as unknown;
  if (command) return new ExecPlugin(command as ExecConfig, around);
  if (!authProvider) return undefined;
  const name = `auth-provider "${String((authProvider as { name?: unknown }).name)}"`;
  return { name, credential: () => providerCredential(kubeConfig, name) };
}

async function providerCredential(kubeConfig: KubeConfig, name: string): Promise<PluginCredential> {
  const asked: { headers?: Record<string, string>; cert?: string | Buffer; key?: string | Buffer } = {};
  try {
    await kubeConfig.applyToHTTPSOptions(asked);
  } catch (error) {
    // Its message quotes what was read, which is a credential.
    if (error instanceof SyntaxError) throw new Error(`${name} got something that is not JSON`);
    throw error;
  }
  return {
    authorization: asked.headers?.["Authorization"],
    certificate: asked.cert?.toString(),
    key: asked.key?.toString(),
  };
}
