/** The list of changed files beside a diff: a tree with states, counts, comments and marks, and a filter. */

import type { FileChange } from "../../api/schema";
import { Icon } from "../../shell/icons";
import { shown } from "../tree/names";
import { Tree } from "../tree/tree";
import { STATUS } from "./describe";
import type { Desk } from "./desk";

/** The most files that are searched in the list is what the daemon sends; `truncated` says so. */
export function FileList({ desk, onPick }: { desk: Desk; onPick: () => void }) {
  const { review, comments } = desk;
  const view = review.view.value;
  if (!view) return null;
  const viewed = view.files.filter((one) => review.viewed(one)).length;
  return (
    <nav class="diff-list" aria-label="Changed files">
      <div class="diff-filter">
        <input
          class="field"
          type="search"
          id="diff-filter"
          aria-label="Filter the changed files"
          placeholder="Filter files"
          value={review.typed.value}
          onInput={(event) => {
            review.typed.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") review.typed.value = "";
            if (event.key === "ArrowDown" || event.key === "Enter") {
              event.currentTarget.closest("nav")?.querySelector<HTMLElement>("[role=tree]")?.focus();
              event.preventDefault();
            }
          }}
        />
        <span class="faint number" title="files marked as viewed">
          {viewed}/{view.files.length}
          <span class="unseen"> viewed</span>
        </span>
      </div>
      {view.truncated && <p class="diff-note">There are more changed files than are listed here.</p>}
      <Tree<FileChange>
        label="Changed files"
        root={review.tree.value}
        active={review.path.value}
        allOpen={review.typed.value !== ""}
        onOpen={(path) => {
          onPick();
          void desk.open(path);
        }}
        before={(file) => <Letter file={file} />}
        after={(file) => <Marks desk={desk} file={file} count={comments.paths.value.get(file.path) ?? 0} />}
        className={(file) => (review.viewed(file) ? "viewed" : "")}
        words={(file) => words(desk, file)}
        onKey={(event, row) => {
          if (event.key !== "v" || !row.item) return;
          event.stopPropagation();
          review.mark(row.item, !review.viewed(row.item));
        }}
      />
    </nav>
  );
}

/** The status of a file as a coloured letter. */
export function Letter({ file }: { file: FileChange }) {
  const { letter, word } = STATUS[file.status];
  return (
    <span class={`letter ${file.status}`} title={word} aria-hidden="true">
      {letter}
    </span>
  );
}

function Marks({ desk, file, count }: { desk: Desk; file: FileChange; count: number }) {
  const { review } = desk;
  return (
    <>
      {count > 0 && (
        <span class="pill alert number" title="comments">
          {count}
        </span>
      )}
      <Staging staged={review.staged.value.has(file.path)} unstaged={review.unstaged.value.has(file.path)} />
      {review.viewed(file) ? (
        <span class="seen" title="viewed">
          <Icon name="check" />
        </span>
      ) : (
        <Counts file={file} />
      )}
    </>
  );
}

function Staging({ staged, unstaged }: { staged: boolean; unstaged: boolean }) {
  if (!staged) return null;
  const words = unstaged ? "partly staged" : "staged";
  return <span class={`staged ${unstaged ? "partly" : ""}`} title={words} />;
}

/** Lines added and removed, or that there are none to count. */
export function Counts({ file }: { file: FileChange }) {
  if (file.added === null || file.removed === null) return <span class="faint counts">bin</span>;
  return (
    <span class="counts number">
      {file.added > 0 && <span class="added">+{file.added}</span>}{" "}
      {file.removed > 0 && <span class="removed">−{file.removed}</span>}
    </span>
  );
}

function words(desk: Desk, file: FileChange): string {
  const parts = [STATUS[file.status].word];
  if (file.old_path && file.old_path !== file.path) parts.push(`from ${shown(file.old_path)}`);
  if (file.added === null) parts.push("binary");
  else parts.push(`${file.added} added`, `${file.removed ?? 0} removed`);
  if (desk.review.staged.value.has(file.path)) parts.push("staged");
  const comments = desk.comments.paths.value.get(file.path);
  if (comments) parts.push(comments === 1 ? "1 comment" : `${comments} comments`);
  if (desk.review.viewed(file)) parts.push("viewed");
  return parts.join(", ");
}
