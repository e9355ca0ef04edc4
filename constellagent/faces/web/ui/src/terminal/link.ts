/**
 * The connection between one terminal on the page and one session: what comes is drawn in order, what was
 * drawn is told, and a connection that breaks is taken up again.
 */

import type { Terminal } from "@xterm/xterm";
import { openSocket } from "../api/client";
import { comeAgain, Drawn, joined, type Message, readMessage } from "./protocol";

export type LinkState = "connecting" | "live" | "ended" | "reconnecting" | "over";

/** What the view is told. */
export interface Watcher {
  state: (state: LinkState, text: string) => void;
  /** The program's terminal has this size. */
  sized: (rows: number, columns: number) => void;
  refused: (text: string) => void;
  session: (id: string) => void;
}

export interface Target {
  readonly path: string;
  readonly write: boolean;
}

const encoder = new TextEncoder();

export class Link {
  private socket: WebSocket | null = null;
  private queue: (Message | Uint8Array)[] = [];
  private pumping = false;
  private attempt = 0;
  private timer = 0;
  private closed = false;
  private readonly drawn = new Drawn();

  constructor(
    private readonly terminal: Terminal,
    private readonly target: Target,
    private readonly watcher: Watcher,
    private readonly size: () => { rows: number; cols: number } | undefined,
  ) {
    this.open();
  }

  /** Sends what was typed. */
  type(text: string): void {
    this.typeBytes(encoder.encode(text));
  }

  /** Sends bytes as a mouse report may hold them: one for each character. */
  typeBinary(text: string): void {
    this.typeBytes(Uint8Array.from(text, (one) => one.charCodeAt(0)));
  }

  /** Says how large the window is now. */
  resize(rows: number, columns: number): void {
    if (this.target.write) this.tell({ type: "resize", rows, columns });
  }

  /** Ends it for good. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }

  private open(): void {
    this.socket = null;
    if (this.closed) return;
    const size = this.target.write ? this.size() : undefined;
    const asked = size ? { rows: size.rows, columns: size.cols } : {};
    const mode = this.target.write ? "write" : "read";
    const socket = openSocket(this.target.path, { mode, ...asked });
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.drawn.reset();
    socket.addEventListener("message", (event: MessageEvent<string | ArrayBuffer>) => {
      if (this.socket === socket) this.take(event.data);
    });
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) this.left(event.code);
    });
  }

  private take(data: string | ArrayBuffer): void {
    if (typeof data !== "string") this.queue.push(new Uint8Array(data));
    else {
      const message = readMessage(data);
      if (message === null) return;
      this.queue.push(message);
    }
    if (!this.pumping) void this.pump();
  }

  /** Draws what came, in order: what waits is drawn at once, and a change of size only after what was before it. */
  private async pump(): Promise<void> {
    this.pumping = true;
    while (this.queue.length > 0 && !this.closed) {
      const first = this.queue[0];
      if (first instanceof Uint8Array) await this.draw(this.leadingBytes());
      else {
        this.queue.shift();
        if (first) this.obey(first);
      }
    }
    this.pumping = false;
  }

  private leadingBytes(): Uint8Array {
    const chunks: Uint8Array[] = [];
    while (this.queue[0] instanceof Uint8Array) chunks.push(this.queue.shift() as Uint8Array);
    return joined(chunks);
  }

  private draw(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.terminal.write(bytes, () => {
        const told = this.drawn.add(bytes.length);
        if (told > 0) this.tell({ type: "ack", bytes: told });
        resolve();
      });
    });
  }

  private obey(message: Message): void {
    if (message.type === "snapshot") {
      this.attempt = 0;
      this.terminal.reset();
      this.terminal.resize(message.columns, message.rows);
      this.watcher.session(message.session);
      this.watcher.sized(message.rows, message.columns);
      if (message.live) this.watcher.state("live", "");
    } else if (message.type === "sized") {
      this.terminal.resize(message.columns, message.rows);
      this.watcher.sized(message.rows, message.columns);
    } else if (message.type === "exit") this.watcher.state("ended", message.text);
    else if (message.type === "gone") this.watcher.state("reconnecting", message.text);
    else if (message.type === "refused") this.watcher.refused(message.text);
  }

  private left(code: number): void {
    this.socket = null;
    this.attempt += 1;
    const wait = comeAgain(code, this.attempt, Math.random());
    if (wait === null) {
      this.watcher.state("over", "");
      return;
    }
    this.watcher.state("reconnecting", "");
    this.timer = window.setTimeout(() => this.open(), wait);
  }

  private typeBytes(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.target.write && this.socket?.readyState === WebSocket.OPEN) this.socket.send(bytes);
  }

  private tell(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
