/** What a state of the ledger is called, and how it is coloured. */

export type Tone = "good" | "bad" | "busy" | "quiet" | "missed";

const TONES: Record<string, Tone> = {
  queued: "busy",
  claimed: "busy",
  running: "busy",
  succeeded: "good",
  failed: "bad",
  timeout: "bad",
  lost: "bad",
  missed: "missed",
};

/** Returns how a state is coloured. */
export function toneOf(state: string): Tone {
  return TONES[state] ?? "quiet";
}

const WORDS: Record<string, string> = {
  skipped_overlap: "skipped, the run before went on",
  over_limit: "over the limit",
};

/** Returns a state in words. */
export function wordOf(state: string): string {
  return WORDS[state] ?? state;
}

/** Says whether a run has not ended. */
export function isOpen(state: string): boolean {
  return state === "queued" || state === "claimed" || state === "running";
}
