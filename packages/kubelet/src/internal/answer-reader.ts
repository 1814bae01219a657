/** Takes an HTTP/1.1 answer from the bytes of a connection, as they come. */
import { notHttp, readAnswerHead, type AnswerHead } from "./answer-head.ts";
import type { Body, BodyPool } from "./body-pool.ts";
import { ExchangeFailure } from "./exchange-failure.ts";

/** Enough of an error's body to show. */
const errorBytes = 4096;
const maxHeadBytes = 32 * 1024;
/** Of a chunk's size line, and of all trailers together. */
const maxLineBytes = 4096;
const headEnd = Buffer.from("\r\n\r\n");
const carriageReturn = 13;
const lineFeed = 10;

type State = "head" | "bytes" | "size" | "size-rest" | "chunk" | "chunk-end" | "trailer" | "close" | "whole";

/**
 * Reads one answer. The body of a 200 is collected whole, of others only the beginning; what the bytes of chunks stand in
 * is taken away.
 */
export class AnswerReader {
  readonly #pool: BodyPool;
  readonly #maxBodyBytes: number;
  #state: State = "head";
  #head: AnswerHead | undefined;
  #headBytes: Buffer | undefined;
  #body: Body | undefined;
  /** Bytes missing of the body or chunk. */
  #left = 0;
  /** Hexadecimal digits of the chunk's size; bytes of a line so far. */
  #digits = "";
  #lineBytes = 0;
  #trailerBytes = 0;
  #isCut = false;

  constructor(pool: BodyPool, maxBodyBytes: number) {
    this.#pool = pool;
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Whether anything was answered. */
  get hasBegun(): boolean {
    return this.#head !== undefined || this.#headBytes !== undefined;
  }

  get head(): AnswerHead | undefined {
    return this.#head;
  }

  /** Whether the connection is at the end of this answer and may carry another one. */
  get keepsConnection(): boolean {
    return this.#state === "whole" && !this.#isCut && this.#head?.keepsConnection === true;
  }

  /** The body, which now belongs to the caller. */
  takeBody(): Body {
    const body = this.#body ?? this.#pool.take();
    this.#body = undefined;
    return body;
  }

  /** Gives the body back when nobody took it. */
  release(): void {
    if (this.#body !== undefined) this.#pool.give(this.#body);
    this.#body = undefined;
  }

  /**
   * Takes bytes. They may be overwritten when it returns.
   *
   * @returns whether the answer is whole
   * @throws ExchangeFailure `not-http` or `too-big`
   */
  read(bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "whole") {
        // More than was asked for: nobody knows what it answers.
        this.#isCut = true;
        return true;
      }
      at = this.#step(bytes, at);
    }
    return this.#state === "whole";
  }

  /** The connection ended. Returns whether the answer is whole with that. */
  end(): boolean {
    if (this.#state === "close") this.#state = "whole";
    return this.#state === "whole";
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case "head":
        return this.#readHead(bytes, at);
      case "bytes":
      case "chunk":
      case "close":
        return this.#readBody(bytes, at);
      case "size":
      case "size-rest":
        return this.#readSize(bytes, at);
      case "chunk-end":
        return this.#readChunkEnd(bytes, at);
      default:
        return this.#readTrailer(bytes, at);
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const before = this.#headBytes?.length ?? 0;
    const all =
      this.#headBytes === undefined ? bytes.subarray(at) : Buffer.concat([this.#headBytes, bytes.subarray(at)]);
    const end = all.indexOf(headEnd);
    if (end > maxHeadBytes || (end < 0 && all.length > maxHeadBytes))
      throw notHttp(`the head has no end in ${maxHeadBytes} bytes`);
    if (end < 0) {
      if (!"HTTP/1.".startsWith(all.toString("latin1", 0, 7)))
        throw notHttp(`the answer begins ${JSON.stringify(all.toString("latin1", 0, 40))}`);
      this.#headBytes = Buffer.from(all);
      return bytes.length;
    }
    const head = readAnswerHead(all.toString("latin1", 0, end));
    this.#headBytes = undefined;
    // An interim answer (100, 103) comes before the answer.
    if (head.status >= 200) this.#begin(head);
    else if (head.status === 101) throw notHttp("the protocol is switched");
    return at + end + headEnd.length - before;
  }

  #begin(head: AnswerHead): void {
    this.#head = head;
    this.#body = this.#pool.take();
    if (head.framing === "chunked") this.#state = "size";
    else if (head.framing === "close") this.#state = "close";
    else {
      this.#left = head.framing;
      this.#state = head.framing === 0 ? "whole" : "bytes";
      if (head.status === 200 && head.framing > this.#maxBodyBytes) throw this.#tooBig();
    }
  }

  #readBody(bytes: Buffer, at: number): number {
    const room = this.#state === "close" ? bytes.length - at : Math.min(this.#left, bytes.length - at);
    const to = at + room;
    this.#append(at === 0 && to === bytes.length ? bytes : bytes.subarray(at, to));
    if (this.#isCut) return bytes.length;
    if (this.#state === "close") return to;
    this.#left -= room;
    if (this.#left === 0) this.#state = this.#state === "bytes" ? "whole" : "chunk-end";
    return to;
  }

  #append(bytes: Buffer): void {
    const body = this.#body as Body;
    if (this.#head?.status === 200) {
      if (body.length + bytes.length > this.#maxBodyBytes) throw this.#tooBig();
      body.append(bytes);
      return;
    }
    body.append(bytes.subarray(0, errorBytes - body.length));
    if (body.length < errorBytes) return;
    // No need to hear the rest; the connection goes with it.
    this.#isCut = true;
    this.#state = "whole";
  }

  #readSize(bytes: Buffer, at: number): number {
    for (let i = at; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (++this.#lineBytes > maxLineBytes) throw notHttp("a chunk's size has no end");
      if (byte === lineFeed) {
        this.#beginChunk();
        return i + 1;
      }
      // What follows the digits is an extension, which nobody uses.
      if (this.#state === "size" && isHexDigit(byte)) this.#digits += String.fromCharCode(byte);
      else this.#state = "size-rest";
    }
    return bytes.length;
  }

  #beginChunk(): void {
    if (this.#digits === "" || this.#digits.length > 12)
      throw notHttp(`a chunk's size is ${JSON.stringify(this.#digits)}`);
    this.#left = Number.parseInt(this.#digits, 16);
    this.#digits = "";
    this.#lineBytes = 0;
    this.#state = this.#left === 0 ? "trailer" : "chunk";
  }

  #readChunkEnd(bytes: Buffer, at: number): number {
    const byte = bytes[at];
    if (byte === lineFeed) this.#state = "size";
    else if (byte !== carriageReturn) throw notHttp("a chunk is longer than its size");
    return at + 1;
  }

  /** Lines until an empty one. */
  #readTrailer(bytes: Buffer, at: number): number {
    const byte = bytes[at];
    if (++this.#trailerBytes > maxLineBytes) throw notHttp("the trailers have no end");
    if (byte === lineFeed) {
      if (this.#lineBytes === 0) this.#state = "whole";
      this.#lineBytes = 0;
    } else if (byte !== carriageReturn) this.#lineBytes++;
    return at + 1;
  }

  #tooBig(): ExchangeFailure {
    return new ExchangeFailure("too-big", `the body is larger than ${this.#maxBodyBytes} bytes`);
  }
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 48 && byte <= 57) || (letter >= 97 && letter <= 102);
}
