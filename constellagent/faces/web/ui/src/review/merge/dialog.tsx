/** Merging an agent's branch into its base: what it would do first, then how, then what was done. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ofAgent, post } from "../../api/client";
import { explain } from "../../api/problem";
import { type Resource, useResource } from "../../api/resource";
import type { ConflictView, FactsView, MergedView, MergeView } from "../../api/schema";
import { newsOf } from "../../live/live";
import { Icon } from "../../shell/icons";
import { Empty, Failure, Loading } from "../../shell/parts";
import { overlay } from "../../shell/state";
import { Dialog } from "../../shell/talk";
import { counted } from "../../shell/time";
import { mayAct } from "../../shell/who";
import { type Author, ChooseAuthor } from "../changes/author";
import { shown } from "../tree/names";
import { conflicts, countOf } from "./marked";
import { about, closed, kind, METHODS, type Method, request, summary, takesMessage } from "./words";
import "./merge.css";

interface Props {
  constellation: string;
  agent: string;
  onClose: () => void;
}

export function MergeDialog({ constellation, agent, onClose }: Props) {
  const news = newsOf(constellation, agent);
  const found = useResource<MergeView>(ofAgent(constellation, agent, "merge"), {}, news);
  const facts = useResource<FactsView>(ofAgent(constellation, agent, "facts"), {}, news);
  const [merged, setMerged] = useState<MergedView | null>(null);
  const view = found.value;
  return (
    <Dialog
      title={view ? `Merge ${view.branch} into ${view.base}` : "Merge"}
      onClose={onClose}
      className="merge"
    >
      <div class="dialog-body">
        {found.problem !== null && <Failure problem={found.problem} retry={found.reload} />}
        {!view && found.loading && <Loading what="what merging would do" />}
        {merged && <Result merged={merged} onClose={onClose} />}
        {!merged && view && (
          <Preview
            address={ofAgent(constellation, agent, "merge")}
            view={view}
            found={found}
            facts={facts.value}
            onMerged={setMerged}
            onAsk={() => {
              onClose();
              overlay.value = { kind: "send", constellation, agent, text: request(view) };
            }}
            onClose={onClose}
          />
        )}
      </div>
    </Dialog>
  );
}

function Result({ merged, onClose }: { merged: MergedView; onClose: () => void }) {
  return (
    <>
      <div class="merge-done" role="status">
        <Icon name="check" />
        <div class="grow">
          {merged.done.map((line) => (
            <p key={line}>{line}</p>
          ))}
          <p class="dim">
            {merged.base} was at <code>{merged.before.slice(0, 12)}</code> and is at{" "}
            <code>{merged.commit.slice(0, 12)}</code>
          </p>
        </div>
      </div>
      <div class="dialog-foot">
        <button type="button" class="button primary" onClick={onClose}>
          Close
        </button>
      </div>
    </>
  );
}

interface PreviewProps {
  address: string;
  view: MergeView;
  found: Resource<MergeView>;
  facts: FactsView | undefined;
  onMerged: (merged: MergedView) => void;
  onAsk: () => void;
  onClose: () => void;
}

function Preview({ address, view, found, facts, onMerged, onAsk, onClose }: PreviewProps) {
  const [method, setMethod] = useState<Method>("merge");
  const [message, setMessage] = useState("");
  const [chosen, setAuthor] = useState<Author | null>(null);
  const author = chosen ?? (facts?.person === "" ? "agent" : "person");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const { commit, base_commit } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another commit makes what was said of the last one old.
  useEffect(() => setProblem(null), [commit, base_commit]);
  const why = closed(method, view);
  const merge = async () => {
    if (why !== "" || busy) return;
    setBusy(true);
    setProblem(null);
    const text = takesMessage(method) && message.trim() !== "" ? { message } : {};
    try {
      onMerged(await post<MergedView>(address, { method, commit, author, ...text }));
    } catch (error) {
      setProblem(error);
      found.reload();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="merge-form"
      onSubmit={(event) => {
        event.preventDefault();
        void merge();
      }}
    >
      <p class="merge-sum">{summary(view).join(" · ")}</p>
      {view.uncommitted > 0 && (
        <Warning>
          {counted(view.uncommitted, "change")} in the worktree {view.uncommitted === 1 ? "is" : "are"} not
          committed and would not be merged.
        </Warning>
      )}
      {view.blocked !== "" && <Warning>{view.blocked}</Warning>}
      <Conflicts view={view} />
      {mayAct.value && view.conflicts.length > 0 && (
        <p>
          <button type="button" class="button" onClick={onAsk}>
            <Icon name="send" />
            Ask the agent to resolve them
          </button>
        </p>
      )}
      {mayAct.value && !view.up_to_date && (
        <>
          <Methods view={view} method={method} onChoose={setMethod} />
          {takesMessage(method) && <Message method={method} message={message} onType={setMessage} />}
          <ChooseAuthor facts={facts} author={author} onChoose={setAuthor} />
        </>
      )}
      {problem !== null && <Problem problem={problem} />}
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {view.up_to_date ? "Close" : "Cancel"}
        </button>
        {mayAct.value && !view.up_to_date && (
          <button type="submit" class="button primary" disabled={why !== "" || busy} title={why}>
            {busy ? "Merging…" : `Merge into ${view.base}`}
          </button>
        )}
      </div>
    </form>
  );
}

interface MessageProps {
  method: Method;
  message: string;
  onType: (message: string) => void;
}

function Message({ method, message, onType }: MessageProps) {
  return (
    <label class="prompt-label">
      Message
      <textarea
        class="field"
        rows={3}
        placeholder={
          method === "squash" ? "Left empty: made of the commits' own" : "Left empty: the usual one"
        }
        value={message}
        onInput={(event) => onType(event.currentTarget.value)}
      />
    </label>
  );
}

function Warning({ children }: { children: ComponentChildren }) {
  return (
    <p class="merge-warning">
      <Icon name="warn" />
      <span>{children}</span>
    </p>
  );
}

/** A refusal says what stands in the way, one line each, where there is more than a sentence. */
function Problem({ problem }: { problem: unknown }) {
  const { text, hint } = explain(problem);
  return (
    <div class="failure" role="alert">
      <Icon name="warn" />
      <div class="grow">
        <p>{text}</p>
        {hint !== "" && <p class="dim">{hint}</p>}
      </div>
    </div>
  );
}

function Methods({
  view,
  method,
  onChoose,
}: {
  view: MergeView;
  method: Method;
  onChoose: (to: Method) => void;
}) {
  return (
    <fieldset class="merge-methods">
      <legend class="unseen">How to merge</legend>
      {METHODS.map((one) => {
        const why = closed(one, view);
        return (
          <label
            key={one}
            class={`merge-method ${one === method ? "chosen" : ""} ${why === "" ? "" : "closed"}`}
          >
            <input
              type="radio"
              name="method"
              value={one}
              checked={one === method}
              onChange={() => onChoose(one)}
            />
            <span>
              <b>{one.charAt(0).toUpperCase() + one.slice(1)}</b>
              <span class="dim"> {about(one, view)}</span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

function Conflicts({ view }: { view: MergeView }) {
  if (view.conflicts.length === 0) return null;
  return (
    <section class="merge-conflicts" aria-label="Conflicts">
      {view.conflicts.map((one, index) => (
        <Conflict key={one.path} conflict={one} view={view} open={index === 0} />
      ))}
    </section>
  );
}

function Conflict({ conflict, view, open }: { conflict: ConflictView; view: MergeView; open: boolean }) {
  const count = conflict.text === null ? 0 : countOf(conflict.text);
  return (
    <details open={open}>
      <summary>
        <span class="mono">{shown(conflict.path)}</span>{" "}
        <span class="dim">{count > 1 ? `${kind(conflict.what)}, ${count} places` : kind(conflict.what)}</span>
      </summary>
      {conflict.text === null ? (
        <Empty title="No text with markers">This conflict is not one between lines.</Empty>
      ) : (
        <div class="marked">
          {conflicts(conflict.text).map((line, index) => (
            <div key={index} class={`marked-line ${line?.whose ?? "gap"}`}>
              <span class="hunk-number">{line?.number ?? "⋯"}</span>
              <span>{line ? shown(line.text.replaceAll("\t", "    ")) : ""}</span>
            </div>
          ))}
          <p class="marked-legend">
            <span class="marked-base">{view.base}</span> <span class="marked-branch">{view.branch}</span>
          </p>
        </div>
      )}
    </details>
  );
}
