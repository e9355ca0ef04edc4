/** What a plan, its notes and an apply's steps look like as rows. No document here. */

import type { PlanReply, StreamItem } from "../api/schema";

export type Change = "create" | "change" | "restart" | "remove" | "unknown" | "blocked" | "plain";

const OF_SYMBOL: Record<string, Change> = {
  "+": "create",
  "~": "change",
  "!": "restart",
  "-": "remove",
  "?": "unknown",
  x: "blocked",
};

export interface Row {
  readonly change: Change;
  readonly symbol: string;
  readonly subject: string;
  readonly text: string;
}

/** Returns the plan's lines, each parted into its symbol, its subject and the rest. */
export function planRows(reply: PlanReply): Row[] {
  return reply.lines.map((line) => {
    const found = /^(\S) (\S*)\s+(.*)$/.exec(line);
    const [, symbol = "", subject = "", text = line] = found ?? [];
    return { change: OF_SYMBOL[symbol] ?? "plain", symbol, subject, text };
  });
}

/** Returns the subjects that the plan would start anew if it were told to, as its lines say. */
export function waitingForRestart(reply: PlanReply): string[] {
  return planRows(reply)
    .filter((row) => row.text.includes(`--restart ${row.subject}`))
    .map((row) => row.subject);
}

/** One step that an apply told of. */
export interface Step {
  readonly level: "info" | "done" | "warning" | "error";
  readonly subject: string;
  readonly text: string;
}

/** How an apply ended. */
export interface Ending {
  readonly done: readonly string[];
  readonly failed: Readonly<Record<string, string>>;
  readonly skipped: Readonly<Record<string, string>>;
  readonly changed: number;
}

const LEVELS = ["info", "done", "warning", "error"] as const;

/** Reads one item of an apply's stream. */
export function readItem(item: StreamItem): Step | Ending | null {
  if (item.result) return item.result as unknown as Ending;
  if (!item.event) return null;
  const level = LEVELS.find((one) => one === item.event?.level) ?? "info";
  return { level, subject: String(item.event.subject ?? ""), text: String(item.event.text ?? "") };
}

/** Says whether an item is the ending. */
export function isEnding(item: Step | Ending): item is Ending {
  return "changed" in item;
}

/** Returns the losses that a refusal names. */
export function lossesOf(details: Readonly<Record<string, unknown>>): string[] {
  const losses = details.losses;
  return Array.isArray(losses) ? losses.map(String) : [];
}
