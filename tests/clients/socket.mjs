/** A WebSocket (RFC 6455) for a Node that has none, as small as the tests allow: text, close, ping. */

import { randomBytes } from "node:crypto";
import { connect } from "node:net";

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class NodeSocket {
  #stream;
  #rest = Buffer.alloc(0);
  #isOpen = false;
  #code = 1006;

  constructor(url, protocols = []) {
    const { hostname, port, pathname } = new URL(url);
    const head = [
      `GET ${pathname} HTTP/1.1`, `Host: ${hostname}:${port}`, "Upgrade: websocket",
      "Connection: Upgrade", "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      `Sec-WebSocket-Protocol: ${protocols.join(", ")}`, "", "",
    ];
    this.#stream = connect(Number(port), hostname, () => this.#stream.write(head.join("\r\n")));
    this.#stream.on("data", (piece) => this.#take(piece));
    this.#stream.on("error", () => this.onerror?.({}));
    this.#stream.on("close", () => this.onclose?.({ code: this.#code }));
  }

  send(text) {
    this.#write(TEXT, Buffer.from(text));
  }

  close() {
    if (this.#isOpen) this.#write(CLOSE, Buffer.from([0x03, 0xe8]));
    this.#stream.end();
  }

  /** End without a closing frame, as a tunnel does. */
  terminate() {
    this.#stream.destroy();
  }

  #take(piece) {
    this.#rest = Buffer.concat([this.#rest, piece]);
    if (!this.#isOpen && !this.#takeHead()) return;
    for (let frame = this.#frame(); frame; frame = this.#frame()) this.#act(...frame);
  }

  #takeHead() {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    if (!this.#rest.toString("latin1", 0, end).startsWith("HTTP/1.1 101")) {
      this.#stream.destroy();
      return false;
    }
    this.#rest = this.#rest.subarray(end + 4);
    this.#isOpen = true;
    this.onopen?.({});
    return true;
  }

  #frame() {
    if (this.#rest.length < 2) return undefined;
    const short = this.#rest[1] & 0x7f;
    const start = 2 + { 126: 2, 127: 8 }[short] || 2;
    if (this.#rest.length < start) return undefined;
    let size = short;
    if (short === 126) size = this.#rest.readUInt16BE(2);
    if (short === 127) size = Number(this.#rest.readBigUInt64BE(2));
    if (this.#rest.length < start + size) return undefined;
    const frame = [this.#rest[0] & 0x0f, this.#rest.subarray(start, start + size)];
    this.#rest = this.#rest.subarray(start + size);
    return frame;
  }

  #act(kind, payload) {
    if (kind === TEXT) this.onmessage?.({ data: payload.toString() });
    if (kind === PING) this.#write(PONG, payload);
    if (kind === CLOSE) {
      if (payload.length >= 2) this.#code = payload.readUInt16BE(0);
      this.#write(CLOSE, payload);
      this.#stream.end();
    }
  }

  #write(kind, payload) {
    const mask = randomBytes(4);
    const size = payload.length;
    let head = Buffer.from([0x80 | kind, 0x80 | size]);
    if (size > 125) {
      head = Buffer.alloc(4);
      head.writeUInt16BE(((0x80 | kind) << 8) | 0x80 | 126);
      head.writeUInt16BE(size, 2);
    }
    const masked = payload.map((byte, place) => byte ^ mask[place % 4]);
    this.#stream.write(Buffer.concat([head, mask, masked]));
  }
}
