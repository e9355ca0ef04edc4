/** What an answer to a mail begins with, and sizes in words. */

import type { MailView } from "../api/schema";

export interface Draft {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

/** Returns the beginning of an answer: to who wrote, or again to whom we wrote; quoted below. */
export function replyTo(mail: MailView, self: string): Draft {
  const to = mail.incoming && mail.sender !== self ? mail.sender : mail.to;
  const subject = /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`;
  const quoted = mail.text
    .replace(/\r\n?/g, "\n")
    .trimEnd()
    .split("\n")
    .map((line) => (line.startsWith(">") ? `>${line}` : `> ${line}`))
    .join("\n");
  return { to, subject, body: mail.text.trim() === "" ? "" : `\n\n${mail.sender} wrote:\n${quoted}` };
}

/** Returns a size in words. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} kB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}
