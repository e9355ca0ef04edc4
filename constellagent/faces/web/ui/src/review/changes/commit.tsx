/** The box for a commit: its message, whose it is, and whether everything goes into it. What is typed is kept. */

import { useState } from "preact/hooks";
import { keep, kept } from "../../shell/kept";
import { counted } from "../../shell/time";
import { type Author, ChooseAuthor } from "./author";
import type { Changes } from "./state";
import { cannotCommit, SUBJECT, subjectLength } from "./words";

export function CommitBox({ changes }: { changes: Changes }) {
  const key = `commit.${changes.constellation}.${changes.agent}`;
  const [message, setMessage] = useState(kept(key) ?? "");
  const [chosen, setAuthor] = useState<Author | null>(null);
  const [everything, setEverything] = useState(false);
  const facts = changes.facts.value;
  const author = chosen ?? (facts?.agent === "" ? "person" : "agent");
  const { staged, unstaged } = changes.parts.value;
  const files = everything ? new Set([...staged, ...unstaged].map((one) => one.path)).size : staged.length;
  const why = cannotCommit(facts, message, files);
  const long = subjectLength(message);
  const type = (text: string) => {
    setMessage(text);
    keep(key, text);
  };
  const commit = async () => {
    if (why !== "") return;
    if (await changes.commit(message, author, everything)) {
      type("");
      setEverything(false);
    }
  };
  return (
    <form
      class="commit-box"
      aria-label="Commit"
      onSubmit={(event) => {
        event.preventDefault();
        void commit();
      }}
    >
      <textarea
        id="commit-message"
        class="field"
        rows={3}
        aria-label="Commit message"
        placeholder="What changed, and why"
        value={message}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void commit();
          } else if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      {long > SUBJECT && (
        <p class="commit-long" role="status">
          The first line has {long} characters; lists show {SUBJECT}.
        </p>
      )}
      <ChooseAuthor facts={facts ?? undefined} author={author} onChoose={setAuthor} />
      <div class="commit-foot">
        <label class="viewed-box">
          <input
            type="checkbox"
            checked={everything}
            disabled={unstaged.length === 0}
            onChange={(event) => setEverything(event.currentTarget.checked)}
          />
          Stage everything
        </label>
        <span class="grow" />
        <button
          type="submit"
          class="button primary"
          disabled={why !== "" || changes.busy.value}
          title={why === "" ? "Commit (Ctrl-Enter)" : `Not now: ${why}`}
        >
          Commit {files > 0 ? counted(files, "file") : ""}
        </button>
      </div>
    </form>
  );
}
