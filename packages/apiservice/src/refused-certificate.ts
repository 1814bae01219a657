/** Clients that end a handshake because they do not trust the server's certificate, and how that is said. */
import type { Duplex } from "node:stream";
import type { Clock } from "./clock.ts";
import type { Log } from "./server-options.ts";
import { SparseLog } from "./sparse-log.ts";

/** Of TLS alerts, however the OpenSSL of a Node names them: `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`, `ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE`. */
const alerts = /_ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED)$/;

const message =
  "a client does not accept this server's certificate; if it is kube-apiserver, look at the message of the APIService's Available condition:" +
  " the caBundle must name the certificate's authority, and the certificate must be valid and for <service>.<namespace>.svc";

export class RefusedCertificates {
  readonly #log: SparseLog;
  readonly #onRefused: () => void;

  constructor(clock: Clock, log: Log, onRefused: () => void = () => undefined) {
    this.#log = new SparseLog(clock, (fields, text) => log.warn(fields, text), 60_000);
    this.#onRefused = onRefused;
  }

  /** Takes note of an error of a connection, if it is such a refusal. */
  note(error: NodeJS.ErrnoException, socket: Duplex): void {
    const { code = "" } = error;
    if (!alerts.test(code)) return;
    const { remoteAddress } = socket as { readonly remoteAddress?: string };
    this.#log.line({ code, client: remoteAddress ?? "" }, message);
    this.#onRefused();
  }
}
