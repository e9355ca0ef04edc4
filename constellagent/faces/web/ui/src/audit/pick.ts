/** Which lines of the audit are shown, and how a result is coloured. No document here. */

import type { AuditView } from "../api/schema";

/** Returns the lines that hold every word of the filter. */
export function pickLines(lines: readonly AuditView[], filter: string): AuditView[] {
  const words = filter.toLowerCase().split(/\s+/);
  return lines.filter((line) => {
    const text = [line.agent, line.actor, line.action, line.result, line.about, line.row]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Returns how a result is coloured: what was refused stands out. */
export function toneOfResult(result: string): "" | "bad" {
  return /^(ok|done|allowed|success)/.test(result) ? "" : "bad";
}
