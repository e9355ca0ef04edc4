/** The open file of a review: its name and notes, what can be done with it, and its two sides. */

import type { FileChange } from "../../api/schema";
import { Icon, IconButton } from "../../shell/icons";
import { copyText, Empty, Failure, Loading } from "../../shell/parts";
import { go } from "../../shell/router";
import { agentAddress } from "../../shell/routes";
import { mayAct } from "../../shell/who";
import { DraftBox, ThreadBox } from "../comments/thread";
import { folderOf, leaf, shown } from "../tree/names";
import type { Pair } from "./contents";
import { hollow, locked, notes, showing, stored } from "./describe";
import type { Desk } from "./desk";
import { Counts, Letter } from "./list";
import { Facts, Images } from "./other";
import { WORKTREE } from "./range";
import { TextDiff } from "./text";

export function OpenFile({ desk, onKey }: { desk: Desk; onKey: (event: KeyboardEvent) => void }) {
  const { review } = desk;
  const opened = review.opened.value;
  const view = review.view.value;
  const pair = opened?.change.path === review.path.value ? opened.pair : null;
  const how = pair ? showing(pair.old, pair.now) : "text";
  const empty = pair && how === "text" && !desk.dirty && !desk.pane.value?.editing.value ? hollow(pair) : "";
  const none = view !== null && opened === null && !view.files.some((one) => one.path === review.path.value);
  return (
    <section class="diff-file" aria-label="The open file">
      {opened && <FileHead desk={desk} change={opened.change} pair={pair} />}
      {opened?.problem && (
        <Failure problem={new Error(opened.problem.text)} retry={() => void review.reopen()} />
      )}
      {opened && <Loose desk={desk} path={opened.change.path} />}
      {none && <Nothing path={review.path.value} />}
      {!none && view !== null && !pair && !opened?.problem && <Loading what={shown(review.path.value)} />}
      {pair && how === "image" && <Images pair={pair} />}
      {pair && how === "facts" && <Facts pair={pair} />}
      {empty !== "" && <Empty title={empty} />}
      <TextDiff desk={desk} onKey={onKey} hidden={pair === null || how !== "text" || empty !== ""} />
    </section>
  );
}

function Nothing({ path }: { path: string }) {
  if (path !== "") {
    return (
      <Empty title={`${shown(path)} has no changes here`}>
        It is the same on both sides, or on neither. The list has every file that was changed.
      </Empty>
    );
  }
  return (
    <Empty title="No changes">Both sides are the same. When the agent changes a file, it appears here.</Empty>
  );
}

function FileHead({ desk, change, pair }: { desk: Desk; change: FileChange; pair: Pair | null }) {
  const { review } = desk;
  const said = notes(change);
  const text = pair ? showing(pair.old, pair.now) === "text" : false;
  const about = pair && text ? stored(pair.now) : "";
  const folder = folderOf(change.path);
  return (
    <header class="file-head">
      <Letter file={change} />
      <h2 class="file-name clip" title={shown(change.path)}>
        {folder !== "" && <span class="dim">{shown(folder)}/</span>}
        {shown(leaf(change.path))}
      </h2>
      <IconButton
        name="copy"
        label="Copy the path (y)"
        onClick={() => void copyText(change.path, "the path")}
      />
      <Counts file={change} />
      {desk.dirty && <span class="pill alert">not saved</span>}
      {about !== "" && <span class="pill only-large">{about}</span>}
      {said.map((one) => (
        <span key={one} class={`file-note clip ${change.status}`} title={one}>
          {one}
        </span>
      ))}
      <span class="grow" />
      {text && pair && <Editing desk={desk} pair={pair} />}
      {mayAct.value && (
        <button
          type="button"
          class="button"
          title="Comment on the selected lines (c), or click a line number"
          onClick={() => desk.commentHere()}
        >
          <Icon name="plus" />
          <span class="only-large">Comment</span>
        </button>
      )}
      {change.status !== "deleted" && (
        <IconButton
          name="external"
          label="Open in the editor (o)"
          onClick={() => go(agentAddress(review.constellation, review.agent, "files", { path: change.path }))}
        />
      )}
      <label class="viewed-box" title="Viewed (v)">
        <input
          type="checkbox"
          checked={review.viewed(change)}
          onChange={(event) => review.mark(change, event.currentTarget.checked)}
        />
        Viewed
      </label>
    </header>
  );
}

function Editing({ desk, pair }: { desk: Desk; pair: Pair }) {
  const pane = desk.pane.value;
  if (!pane || !mayAct.value || pair.now.revision !== WORKTREE) return null;
  const why = locked(pair.now);
  if (!pane.editing.value) {
    return (
      <button
        type="button"
        class="button"
        disabled={why !== "" || !desk.there.value}
        title={why === "" ? "Edit the right side (e)" : why}
        onClick={() => desk.edit()}
      >
        Edit
      </button>
    );
  }
  return (
    <>
      <button
        type="button"
        class="button primary"
        disabled={!pane.dirty.value || desk.saving.value}
        title="Save (Ctrl-S)"
        onClick={() => void desk.save()}
      >
        Save
      </button>
      <button type="button" class="button" title="Stop editing" onClick={() => void stopEditing(desk)}>
        Done
      </button>
    </>
  );
}

/** Stops editing, after asking where that would lose something. */
export async function stopEditing(desk: Desk): Promise<void> {
  if (await desk.mayLeave()) desk.pane.value?.edit(false);
}

/** Comments on the whole file, which stand at no line. */
function Loose({ desk, path }: { desk: Desk; path: string }) {
  const { comments } = desk;
  const text = desk.inEditor.value === path;
  const own = comments.list.value.filter(
    (one) => one.path === path && (one.line === 0 || !text) && one.state !== "resolved",
  );
  const drafts = comments.drafts.value.filter((one) => one.path === path && one.line === 0);
  if (own.length + drafts.length === 0) return null;
  const thread = { key: "file", side: "new" as const, line: 0, comments: own, outdated: false };
  return (
    <div class="loose">
      {own.length > 0 && <ThreadBox thread={thread} comments={comments} />}
      {drafts.map((draft) => (
        <DraftBox key={draft.path} draft={draft} comments={comments} onDone={() => undefined} />
      ))}
    </div>
  );
}
