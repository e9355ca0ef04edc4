/** The file that was chosen last is the one in the editor, however fast files are chosen, and keys are about it. */

import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import type { ContentView, DiffView, FileChange } from "../../api/schema";
import { Desk } from "./desk";
import type { Pane } from "./pane";
import { absent } from "./range";
import type { Opened } from "./session";

const FILES = ["a.txt", "b.txt"].map(
  (path) => ({ path, status: "modified", old_path: null }) as Partial<FileChange> as FileChange,
);

function opened(path: string): Opened {
  const text = (revision: string): ContentView => ({
    ...absent(path, revision),
    kind: "text",
    mode: "100644",
    size: 2,
    version: revision,
    text: `${path}\n`,
  });
  const change = FILES.find((one) => one.path === path);
  if (!change) throw new Error(`no ${path}`);
  return { change, pair: { old: text("c1"), now: text("worktree") }, problem: null };
}

/** An editor that compares texts when the test says so, of which the last ones asked for are shown. */
function slow() {
  const asked: { path: string; compared(): void }[] = [];
  let shown = "";
  const pane = {
    dirty: signal(false),
    edit: () => undefined,
    follow: () => undefined,
    only: () => undefined,
    goTo: () => undefined,
    step: vi.fn(() => true),
    chosen: () => ({ side: "new", line: 1, endLine: 1, quote: shown }),
    show(path: string) {
      const mine = asked.length;
      return new Promise<boolean>((resolve) => {
        const compared = () => {
          const last = mine === asked.length - 1;
          if (last) shown = path;
          resolve(last);
        };
        asked.push({ path, compared });
      });
    },
  };
  return { pane: pane as unknown as Pane, asked, shown: () => shown, step: pane.step };
}

function begun() {
  const desk = new Desk("lab", "docs");
  const editor = slow();
  desk.pane.value = editor.pane;
  desk.review.view.value = { files: FILES } as Partial<DiffView> as DiffView;
  const choose = (path: string) => {
    desk.review.path.value = path;
    desk.review.opened.value = opened(path);
    void desk.sync(desk.review.opened.value);
  };
  return { desk, choose, ...editor };
}

test("who goes on and back before the next text was compared has the first file in the editor", async () => {
  const { desk, choose, asked, shown } = begun();
  choose("a.txt");
  asked[0]?.compared();
  await vi.waitFor(() => expect(desk.inEditor.value).toBe("a.txt"));
  choose("b.txt");
  choose("a.txt");
  expect(desk.there.value).toBe(false);
  for (const one of asked.slice(1)) one.compared();
  await vi.waitFor(() => expect(desk.there.value).toBe(true));
  expect(desk.inEditor.value).toBe("a.txt");
  expect(shown()).toBe("a.txt");
});

test("keys wait for the text of the file that was chosen", async () => {
  const { desk, choose, asked, step } = begun();
  choose("b.txt");
  desk.change("next");
  desk.commentHere();
  expect(step).not.toHaveBeenCalled();
  expect(desk.comments.drafts.value).toEqual([]);
  asked[0]?.compared();
  await vi.waitFor(() => expect(desk.comments.drafts.value).toHaveLength(1));
  expect(step).toHaveBeenCalledOnce();
  expect(desk.comments.drafts.value[0]).toMatchObject({ path: "b.txt", line: 1, quote: "b.txt" });
});
