/** The list of commits: who, when, whether it was pushed; the next page is read at its end. */

import type { FactsView, RunView } from "../../api/schema";
import { Age } from "../../shell/now";
import { exact } from "../../shell/time";
import { type Row, WORK, whyNone } from "./pick";
import type { Commits } from "./state";

interface Props {
  commits: Commits;
  rows: readonly Row[];
  run: RunView | undefined;
  /** The chosen commit, `WORK` for all that a run did, empty for none. */
  chosen: string;
  filtered: boolean;
  onChoose: (commit: string) => void;
}

export function CommitList({ commits, rows, run, chosen, filtered, onChoose }: Props) {
  const known = commits.list.value !== null || run !== undefined;
  return (
    <div class="commits-list">
      {run && (
        <button
          type="button"
          class="commit-row"
          aria-current={chosen === WORK}
          onClick={() => onChoose(WORK)}
        >
          <span class="commit-subject clip">All that the run did</span>
          <span class="faint">{run.commit_count} commits</span>
        </button>
      )}
      {known && rows.length === 0 && (
        <p class="commits-none dim">{none(filtered, run !== undefined, commits.facts.value)}</p>
      )}
      {rows.map((row) => (
        <CommitRow key={row.commit} row={row} chosen={row.commit === chosen} onChoose={onChoose} />
      ))}
      {run && run.commit_count > run.commits.length && (
        <p class="commits-none faint">Only the newest {run.commits.length} are listed.</p>
      )}
      {!run && commits.next.value !== "" && (
        <button
          type="button"
          class="button commits-more"
          disabled={commits.loading.value}
          onClick={() => void commits.more()}
        >
          {commits.loading.value ? "Reading…" : "Older commits"}
        </button>
      )}
    </div>
  );
}

function none(filtered: boolean, run: boolean, facts: FactsView | null): string {
  if (filtered) return "No commit fits what you typed.";
  return run ? "The run made no commit." : whyNone(facts);
}

function CommitRow({
  row,
  chosen,
  onChoose,
}: {
  row: Row;
  chosen: boolean;
  onChoose: (commit: string) => void;
}) {
  const { full } = row;
  return (
    <button
      type="button"
      class="commit-row"
      aria-current={chosen}
      ref={(element) => {
        if (chosen) element?.scrollIntoView({ block: "nearest" });
      }}
      onClick={() => onChoose(row.commit)}
    >
      <span class="commit-subject clip">{row.subject}</span>
      <span class="commit-about">
        <code class="faint">{row.commit.slice(0, 8)}</code>
        {full && (
          <>
            <span class="dim clip" title={full.email}>
              {full.author}
            </span>
            <span class="grow" />
            {full.pushed === false && <span class="pill">not pushed</span>}
            <span class="faint" title={exact(full.at)}>
              <Age at={full.at} />
            </span>
          </>
        )}
      </span>
    </button>
  );
}
