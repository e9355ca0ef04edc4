/** The small parts that every view is made of: states, counts, and what stands where there is nothing to show. */

import type { ComponentChildren } from "preact";
import { explain } from "../api/problem";
import type { AgentView } from "../api/schema";
import { Icon, IconButton } from "./icons";
import { say } from "./talk";

export type State = AgentView["state"];

const SIGNS: Record<State, { shape: string; colour: string }> = {
  starting: { shape: "M8 2a6 6 0 0 1 6 6", colour: "violet" },
  running: { shape: "M5 3.5v9l7-4.5z", colour: "blue" },
  working: { shape: "M5 3.5v9l7-4.5z", colour: "blue" },
  waiting: { shape: "M8 3v6M8 12.5h.01", colour: "amber" },
  done: { shape: "M3 8.5 6.5 12 13 4.5", colour: "green" },
  failed: { shape: "M4 4l8 8M12 4l-8 8", colour: "red" },
  exited: { shape: "M4.5 4.5h7v7h-7z", colour: "dim" },
  stopped: { shape: "M4.5 4.5h7v7h-7z", colour: "dim" },
  unknown: { shape: "M6 6a2 2 0 1 1 2.8 1.9c-.6.2-.8.6-.8 1.3M8 12h.01", colour: "dim" },
};

/** An agent's state as a sign: form and colour, so that neither is needed alone. */
export function StateSign({ state }: { state: State }) {
  const { shape, colour } = SIGNS[state] ?? SIGNS.unknown;
  return (
    <svg
      class={`icon state-sign ${colour} ${state}`}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={shape} />
    </svg>
  );
}

/** An agent's state as sign and word. */
export function StateWord({ state }: { state: State }) {
  return (
    <span class={`state-word ${SIGNS[state]?.colour ?? "dim"}`}>
      <StateSign state={state} />
      {state}
    </span>
  );
}

/** Lines added and removed. */
export function Lines({ added, removed }: { added: number | undefined; removed: number | undefined }) {
  if (!added && !removed) return null;
  return (
    <span class="number lines-count">
      <span class="added">+{added ?? 0}</span> <span class="removed">−{removed ?? 0}</span>
    </span>
  );
}

/** Commits ahead of the base and behind it. */
export function Distance({
  ahead,
  behind,
}: {
  ahead: number | null | undefined;
  behind: number | null | undefined;
}) {
  const parts: string[] = [];
  if (ahead) parts.push(`↑${ahead}`);
  if (behind) parts.push(`↓${behind}`);
  const words = `${ahead ?? 0} ahead of the base, ${behind ?? 0} behind it`;
  if (parts.length === 0) return null;
  return (
    <span class="number dim" title={words}>
      <span aria-hidden="true">{parts.join(" ")}</span>
      <span class="unseen">{words}</span>
    </span>
  );
}

/** What stands where there is nothing: why, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <div class="dim">{children}</div>}
    </div>
  );
}

/** What stands where something could not be read. */
export function Failure({ problem, retry }: { problem: unknown; retry?: () => void }) {
  const { text, hint } = explain(problem);
  return (
    <div class="failure" role="alert">
      <Icon name="warn" />
      <div class="grow">
        <p>{text}</p>
        {hint && <p class="dim">{hint}</p>}
      </div>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What stands while something is read; it appears only when that takes a while. */
export function Loading({ what }: { what: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      <span>Reading {what}…</span>
    </div>
  );
}

/** Puts a text on the clipboard, and says so. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`copied ${what}`, "done");
  } catch {
    say(`this browser did not let the page copy ${what}`, "error", "select it and copy it by hand");
  }
}

/** A button that copies. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  return <IconButton name="copy" label={`Copy ${what}`} onClick={() => void copyText(text, what)} />;
}
