/** A running control plane, as the suites see it. */
import type { KeyPair } from "@kubemetrics/x509";

export interface ControlPlane extends AsyncDisposable {
  /** State folder: certificates, kubeconfigs, logs. Gone after disposal. */
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  /** `https://<address>:<port>` */
  readonly url: string;
  readonly clusterAuthority: KeyPair;
  readonly frontProxyAuthority: KeyPair;
  /** Client certificate of a member of system:masters. */
  readonly admin: KeyPair;
  /** Kubeconfig text with this client certificate or token. */
  kubeconfigText(client: KeyPair | { readonly token: string }): string;
  readonly apiServer: RestartableApiServer;
  readonly files: ControlPlaneFiles;
  /** What the audit log says so far; needs the option `audit`. */
  auditEvents(): AuditEvent[];
  /** Writes a kubeconfig for a client certificate with this name and these groups; returns its path. */
  kubeconfig(commonName: string, organizations: readonly string[]): string;
}

/** kube-apiserver reads these again when they change. */
export interface ControlPlaneFiles {
  readonly clusterAuthority: string;
  readonly frontProxyAuthority: string;
  readonly proxyClientCertificate: string;
  readonly proxyClientKey: string;
}

export interface RestartableApiServer {
  readonly logFile: string;
  /** Ends it at once: asked politely, it waits for open watches. */
  stop(): Promise<void>;
  /** Starts again, with further changes of its flags; resolves when it is ready. */
  start(changes?: FlagChanges): Promise<void>;
}

export interface FlagChanges {
  /** `--name=value`; replaces a flag of that name. */
  readonly flags?: readonly string[];
  /** Names without dashes. */
  readonly without?: readonly string[];
}

/** The parts of an audit event that suites look at. */
export interface AuditEvent {
  readonly verb: string;
  readonly stageTimestamp: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly name?: string };
  readonly requestObject?: { readonly spec?: Record<string, unknown> };
  readonly responseStatus?: { readonly code: number };
}

/** Changes of kube-apiserver's flags that need its files or authorities. */
export type PrepareApiServer = (
  files: ControlPlaneFiles,
  authorities: { readonly cluster: KeyPair; readonly frontProxy: KeyPair },
) => FlagChanges;

export interface ControlPlaneOptions {
  /** Records reviews (TokenReview, SubjectAccessReview) with their contents in the audit log. */
  readonly audit?: boolean;
  readonly apiServer?: PrepareApiServer;
  readonly controllerManager?: boolean;
  /** Address kube-apiserver is bound to and reached by. Default 127.0.0.1. */
  readonly address?: string;
  /** Runs kube-scheduler as well. */
  readonly scheduler?: boolean;
  /** Admission of service accounts and Node authorization, as a cluster with real kubelets has them. */
  readonly realNodes?: boolean;
  /** Further or overriding kube-controller-manager flags. */
  readonly controllerManagerFlags?: readonly string[];
  /** Further kube-apiserver flags; one that is set already is replaced. */
  readonly apiServerFlags?: readonly string[];
}
