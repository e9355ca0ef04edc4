/** Mail and texts as one list of conversations, newest first, and what of it a filter shows. */

import type { ConversationView, ThreadView } from "../api/schema";

export interface Talk {
  readonly kind: "mail" | "text";
  readonly id: string;
  readonly with: string;
  readonly subject: string;
  readonly preview: string;
  readonly unread: number;
  readonly count: number;
  readonly at: string;
}

export type Kind = "all" | "mail" | "text";

/** Returns both lists as one, newest first. */
export function talks(mails: readonly ThreadView[], texts: readonly ConversationView[]): Talk[] {
  const letters = mails.map(
    (one): Talk => ({
      kind: "mail",
      id: one.thread,
      with: one.sender_name || one.sender,
      subject: one.subject || "(no subject)",
      preview: one.preview,
      unread: one.unread,
      count: one.mails,
      at: one.at,
    }),
  );
  const messages = texts.map(
    (one): Talk => ({
      kind: "text",
      id: one.conversation,
      with: one.number,
      subject: "",
      preview: one.preview,
      unread: one.unread,
      count: one.texts,
      at: one.at,
    }),
  );
  return [...letters, ...messages].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

/** Returns the conversations of a kind that hold every word of the filter. */
export function pick(all: readonly Talk[], kind: Kind, filter: string): Talk[] {
  const words = filter.toLowerCase().split(/\s+/);
  return all.filter((one) => {
    if (kind !== "all" && one.kind !== kind) return false;
    const text = `${one.with} ${one.subject} ${one.preview}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
