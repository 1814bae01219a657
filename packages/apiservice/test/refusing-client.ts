/** A client that says why it ends the handshake, as Go's and OpenSSL's do. Node's own verifies afterwards and only hangs up. */
import { once } from "node:events";
import { connect } from "node:net";
import { duplexPair } from "node:stream";
import { connect as connectTls, type SecureVersion } from "node:tls";

export const alerts = {
  handshakeFailure: 40,
  badCertificate: 42,
  certificateExpired: 45,
  certificateUnknown: 46,
  unknownCa: 48,
} as const;

/** Sends a hello, waits for the server's, and answers with the alert. */
export async function refuse(port: number, alert: number, version: SecureVersion = "TLSv1.3"): Promise<void> {
  const connection = connect(port, "127.0.0.1");
  const [near, far] = duplexPair();
  const client = connectTls({
    socket: near,
    servername: "localhost",
    minVersion: version,
    maxVersion: version,
    rejectUnauthorized: false,
  });
  client.on("error", () => undefined);
  const [hello] = (await once(far, "data")) as [Buffer];
  connection.write(hello);
  await once(connection, "data");
  const [type, major, minor, fatal] = [21, 3, 3, 2];
  connection.end(Buffer.from([type, major, minor, 0, 2, fatal, alert]));
  connection.resume();
  await once(connection, "close");
  client.destroy();
}
