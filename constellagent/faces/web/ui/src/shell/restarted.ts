/** How a restart went, in words; the command line and the multiplexer say the same. */

import type { RestartView } from "../api/schema";

/** Returns what to say after the agent's name; `anew`: a new conversation was asked for. */
export function restarted(view: RestartView, anew: boolean): string {
  if (!view.session.live) return `ended at once: ${view.session.outcome}`;
  if (view.resumed) return "started, its conversation goes on";
  if (anew && view.conversation) return "started, with a new conversation";
  return view.why ? `started, with a new conversation: ${view.why}` : "started";
}
