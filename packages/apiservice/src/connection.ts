/** What the requests of one connection have in common. */
import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** A request that has not been answered to its end. */
export interface Pending {
  /** Its answer is known to the end and on its way. */
  readonly isSending: boolean;
  /** Called once: the answer is sent, or nobody waits for it any more. */
  end(): void;
}

export class Connection {
  /**
   * The certificates the client presented, as DER, leaf first. Never whether OpenSSL liked them. The same array for every
   * request: verdicts are cached by its identity.
   */
  readonly peerChain: readonly Uint8Array[];
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #isEnding = false;
  #isLeft = false;
  #bytesAnswered = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peerChain = socket instanceof TLSSocket ? presented(socket) : none;
    socket.on("end", () => this.leave());
    // Node forgets answers that wait behind another one when an upgrade comes.
    socket.once("close", () => {
      while (this.#pending.length > 0) this.#pending.pop()?.end();
    });
  }

  /** An answer said that it is the last. What comes behind it is not run: whoever sent it may not be who sent the rest. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  get isAnswering(): boolean {
    return this.#pending.length > 0;
  }

  /** All that was asked is answered, and the answers have left the process. */
  get isAnswered(): boolean {
    return this.#pending.length === 0 && this.#socket.writableLength === 0;
  }

  /** Bytes came after the last answer: another request, or the rest of a body that nobody waited for. */
  get isReceiving(): boolean {
    return this.#socket.bytesRead !== this.#bytesAnswered;
  }

  begin(request: Pending): void {
    this.#pending.push(request);
  }

  ended(request: Pending): void {
    const at = this.#pending.indexOf(request);
    if (at >= 0) this.#pending.splice(at, 1);
    this.#bytesAnswered = this.#socket.bytesRead;
    if (this.#isEnding) this.#closeWhenDone();
  }

  /** Runs nothing more; closes when the requests that run are answered. */
  end(): void {
    this.#isEnding = true;
  }

  /**
   * The client has nothing more to ask, which it also says when it goes, or it speaks no HTTP. It gets the answers that are
   * known, as fast as it takes them, up to the first that is still worked on or a watch: that one ends, and what waits behind it.
   */
  leave(): void {
    this.#isEnding = true;
    this.#isLeft = true;
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    // Answers go in the order of their requests.
    const isAwaited = this.#isLeft ? this.#pending[0]?.isSending === true : this.isAnswering;
    if (!isAwaited && this.#socket.writable) this.#socket.destroySoon();
  }
}

const none: readonly Uint8Array[] = [];
/** Longer chains are cut; none verifies. */
const longestChain = 32;

function presented(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < longestChain) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain.length === 0 ? none : chain;
}

export class Connections {
  readonly #known = new WeakMap<Socket, Connection>();

  /** Nobody waits on it. Unless it is late, a request may be on its way: on new connections, and where a part has come. */
  isIdle(socket: Socket, isLate: boolean): boolean {
    const known = this.#known.get(socket);
    if (known === undefined) return isLate;
    return known.isAnswered && (isLate || !known.isReceiving);
  }

  of(socket: Socket): Connection {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const made = new Connection(socket);
    this.#known.set(socket, made);
    return made;
  }
}
