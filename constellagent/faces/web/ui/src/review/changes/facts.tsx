/** Where a worktree stands, always in sight: its branch, its base, what is pushed, and what is going on in it. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { FactsView } from "../../api/schema";
import { Icon } from "../../shell/icons";
import { mayAct } from "../../shell/who";
import type { Changes } from "./state";
import { cannotPush, toBase, toUpstream } from "./words";

interface Props {
  changes: Changes;
  facts: FactsView;
  onMerge: () => void;
}

export function Facts({ changes, facts, onMerge }: Props) {
  return (
    <section class="facts" aria-label="Where the worktree stands">
      <span class="fact" title={facts.path}>
        <Icon name="branch" />
        <span class="mono clip">{facts.branch || `no branch, at ${facts.head.slice(0, 10)}`}</span>
      </span>
      <span class="dim">{toBase(facts)}</span>
      <span class={facts.unpushed ? "amber" : "dim"}>{toUpstream(facts)}</span>
      {facts.operation !== "" && <Warning>a {facts.operation} is going on</Warning>}
      {facts.conflicted > 0 && <Warning>{facts.conflicted} in conflict</Warning>}
      <span class="grow" />
      {mayAct.value && <Acts changes={changes} facts={facts} onMerge={onMerge} />}
    </section>
  );
}

function Warning({ children }: { children: ComponentChildren }) {
  return (
    <span class="pill bad">
      <Icon name="warn" />
      {children}
    </span>
  );
}

function Acts({ changes, facts, onMerge }: Props) {
  const [remote, setRemote] = useState("");
  const why = cannotPush(facts);
  const choice = facts.upstream === "" && facts.remotes.length > 1;
  const to = choice
    ? remote || (facts.remotes[0] ?? "")
    : facts.upstream === ""
      ? (facts.remotes[0] ?? "")
      : "";
  return (
    <span class="facts-acts">
      {choice && (
        <select
          class="field"
          aria-label="Where to push"
          value={to}
          onChange={(event) => setRemote(event.currentTarget.value)}
        >
          {facts.remotes.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      <button
        type="button"
        class="button"
        disabled={why !== "" || changes.busy.value}
        title={why === "" ? "Push the branch (P)" : why}
        data-push={to}
        onClick={() => void changes.push(to)}
      >
        Push
      </button>
      <button type="button" class="button" title={`Merge into ${facts.base} (M)`} onClick={onMerge}>
        Merge…
      </button>
    </span>
  );
}
