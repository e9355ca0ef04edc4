/** The text of a change in the editor, with comments between its lines and what is to be said about saving. */

import { effect, untracked } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure, Loading } from "../../shell/parts";
import { theme } from "../../shell/theme";
import { mayAct } from "../../shell/who";
import { threads } from "../comments/anchors";
import { DraftBox, ThreadBox } from "../comments/thread";
import { type Item, Zones } from "../comments/zones";
import { loadMonaco } from "../monaco/load";
import { beside } from "./changes";
import type { Desk } from "./desk";
import { type Look, Pane } from "./pane";
import { prefs } from "./prefs";

interface Props {
  desk: Desk;
  onKey: (event: KeyboardEvent) => void;
  hidden: boolean;
}

/** One editor for all files of a review: the next file costs no new one. */
export function TextDiff({ desk, onKey, hidden }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const keys = useRef(onKey);
  keys.current = onKey;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` only asks for another try.
  useEffect(() => {
    const leaving = new AbortController();
    setProblem(null);
    loadMonaco().then(
      (monaco) => {
        if (leaving.signal.aborted || !host.current) return;
        const pane = new Pane(monaco, host.current, untracked(look), {
          onDiff: () => untracked(() => layOut(desk, zones)),
          onShape: () => untracked(() => layOut(desk, zones)),
          onKey: (event) => keys.current(event),
          onPick: (lines) => mayAct.value && desk.comment(lines),
        });
        const zones = { old: new Zones(pane.old), now: new Zones(pane.now) };
        const stops = wire(desk, pane, zones);
        desk.pane.value = pane;
        leaving.signal.addEventListener("abort", () => {
          desk.pane.value = null;
          desk.inEditor.value = "";
          for (const stop of stops) stop();
          zones.old.dispose();
          zones.now.dispose();
          pane.dispose();
        });
      },
      (error: unknown) => setProblem(error),
    );
    return () => leaving.abort();
  }, [desk, attempt]);
  return (
    <div class="text-diff" hidden={hidden}>
      {problem !== null && <Failure problem={problem} retry={() => setAttempt((count) => count + 1)} />}
      <Bars desk={desk} />
      <div class={`text-host ${desk.pane.value?.sides.value ?? "both"}`}>
        <div class="text-editor" ref={host} />
      </div>
      {problem === null && desk.inEditor.value === "" && (
        <div class="text-wait">
          <Loading what="the text" />
        </div>
      )}
    </div>
  );
}

interface Sides {
  old: Zones;
  now: Zones;
}

function look(): Look {
  const { inline, fold, ignoreSpace, wrap } = prefs.value;
  return { dark: theme.value === "dark", inline, fold, ignoreSpace, wrap };
}

function wire(desk: Desk, pane: Pane, zones: Sides): (() => void)[] {
  let texts = -1;
  return [
    effect(() => {
      const wanted = look();
      untracked(() => pane.look(wanted));
    }),
    effect(() => {
      const { opened } = desk.review;
      const now = opened.value;
      if (desk.pane.value === pane) untracked(() => void desk.sync(now));
    }),
    effect(() => {
      void desk.comments.list.value;
      void desk.comments.drafts.value;
      const renewed = desk.shownTexts.value !== texts;
      texts = desk.shownTexts.value;
      untracked(() => layOut(desk, zones, renewed));
    }),
  ];
}

/** Puts threads and drafts of the open file between its lines. */
function layOut(desk: Desk, zones: Sides, renewed = false): void {
  const pane = desk.pane.value;
  const path = desk.inEditor.value;
  if (!pane || path === "") return;
  const { comments } = desk;
  const text = pane.lines();
  const own = comments.list.value.filter(
    (one) => one.path === path && one.line > 0 && one.state !== "resolved",
  );
  const found = threads(own, text.old, text.now);
  const items: Record<"old" | "new", Item[]> = { old: [], new: [] };
  for (const thread of found) {
    items[thread.side].push({
      key: thread.key,
      line: thread.line,
      content: <ThreadBox thread={thread} comments={comments} />,
    });
  }
  for (const draft of comments.drafts.value) {
    if (draft.path !== path || draft.line === 0) continue;
    items[draft.side].push({
      key: `draft:${draft.side}:${draft.line}-${draft.endLine}`,
      line: draft.endLine,
      content: <DraftBox draft={draft} comments={comments} onDone={() => pane.now.focus()} />,
    });
  }
  if (pane.inline.value) {
    const moved = items.old.map((item) => ({
      ...item,
      key: `beside:${item.key}`,
      line: beside(pane.changes, item.line),
    }));
    zones.old.show([]);
    zones.now.show([...moved, ...items.new]);
  } else {
    zones.old.show(items.old);
    zones.now.show(items.new);
  }
  if (!renewed) return;
  zones.old.renew();
  zones.now.renew();
  for (const side of ["old", "new"] as const) {
    const lines = items[side].map((item) => item.line);
    if (lines.length > 0) pane.unfold(side, lines);
  }
}

/** What stands above the text while it is being edited, or changed underneath. */
function Bars({ desk }: { desk: Desk }) {
  const standing = desk.standing.value;
  if (standing === "same") return null;
  return (
    <div class="bar-changed" role="alert">
      <span class="grow">
        {standing === "changed"
          ? "This file changed on disk while you were typing."
          : "Not saved: this file changed on disk since you began. Nothing was overwritten."}
      </span>
      {!desk.comparing.value && (
        <button type="button" class="button" onClick={() => desk.compare()}>
          Compare
        </button>
      )}
      <button type="button" class="button" onClick={() => desk.takeTheirs()}>
        Show theirs
      </button>
      {standing === "changed" ? (
        <button type="button" class="button" onClick={() => desk.keepMine()}>
          Keep mine
        </button>
      ) : (
        <button
          type="button"
          class="button danger"
          disabled={desk.saving.value}
          onClick={() => void desk.overwrite()}
        >
          Save mine over theirs
        </button>
      )}
    </div>
  );
}
