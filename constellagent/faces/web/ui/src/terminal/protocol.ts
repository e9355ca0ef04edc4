/** What goes over a terminal's WebSocket beside the bytes, and when to come again after it closed. */

import { delayOf } from "../live/again";

/** A text message of the daemon; see the API's description of the terminal. */
export type Message =
  | {
      readonly type: "snapshot";
      readonly session: string;
      readonly rows: number;
      readonly columns: number;
      readonly mode: "read" | "write";
      readonly live: boolean;
      readonly bytes: number;
    }
  | { readonly type: "sized"; readonly rows: number; readonly columns: number }
  | { readonly type: "resync" }
  | { readonly type: "refused" | "gone"; readonly text: string }
  | {
      readonly type: "exit";
      readonly text: string;
      readonly exit_status: number | null;
      readonly signal: number | null;
    };

const KINDS = ["snapshot", "sized", "resync", "refused", "gone", "exit"];

/** Reads a text message; null where it is none that the page knows. */
export function readMessage(text: string): Message | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return null;
  return KINDS.includes(String(value.type)) ? (value as Message) : null;
}

/** Close codes of the daemon: all was shown; the subject has another session now. */
const OVER = 1000;
const RESTARTED = 4001;

/** Returns milliseconds until the page comes again, null where there is nothing more to see. */
export function comeAgain(code: number, attempt: number, chance: number): number | null {
  if (code === OVER) return null;
  if (code === RESTARTED && attempt <= 1) return 0;
  return delayOf(attempt, chance);
}

const ACK_EVERY = 1 << 16;

/** Counts bytes that were drawn, and says when the daemon should hear of them. */
export class Drawn {
  private unsaid = 0;

  /** Takes note of bytes drawn; returns how many to tell of now, 0 for none yet. */
  add(count: number): number {
    this.unsaid += count;
    if (this.unsaid < ACK_EVERY) return 0;
    const told = this.unsaid;
    this.unsaid = 0;
    return told;
  }

  /** Forgets what a connection of before was owed. */
  reset(): void {
    this.unsaid = 0;
  }
}

/** Joins chunks into one. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1 && chunks[0]) return chunks[0];
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const READABLE = 9;

/** Returns the font size at which so many columns fit; where that could not be read, one that can, to scroll. */
export function fittingFont(wished: number, fit: number, columns: number): number {
  if (fit >= columns || columns === 0) return wished;
  return Math.max(Math.min(READABLE, wished), Math.floor((wished * fit * 2) / columns) / 2);
}

/** Returns what a key sends while Control is held down on the row of keys. */
export function withControl(text: string): string {
  const code = text.toUpperCase().charCodeAt(0);
  if (text.length !== 1 || code < 0x40 || code > 0x5f) return text;
  return String.fromCharCode(code & 0x1f);
}
