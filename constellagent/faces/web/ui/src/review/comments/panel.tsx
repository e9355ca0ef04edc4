/** All comments on an agent's work, and sending them: what was sent, what was not, and why. */

import { useState } from "preact/hooks";
import type { CommentView } from "../../api/schema";
import { Icon, IconButton } from "../../shell/icons";
import { mayAct } from "../../shell/who";
import { shown } from "../tree/names";
import { byPath } from "./anchors";
import type { Comments, Outcome } from "./store";
import { CommentBox, DraftBox } from "./thread";

interface Props {
  comments: Comments;
  agent: string;
  onGo: (comment: CommentView) => void;
  onClose: () => void;
}

export function CommentPanel({ comments, agent, onGo, onClose }: Props) {
  const [resolved, setResolved] = useState(false);
  const counts = comments.counts.value;
  const listed = comments.list.value.filter((one) => resolved || one.state !== "resolved");
  const whole = comments.drafts.value.filter((one) => one.path === "");
  return (
    <aside class="comment-panel" aria-label="Comments">
      <header class="panel-head">
        <h2 class="grow">Comments</h2>
        {mayAct.value && (
          <IconButton
            name="plus"
            label="Comment on the whole work"
            onClick={() =>
              comments.begin({
                path: "",
                side: "new",
                line: 0,
                endLine: 0,
                quote: "",
                revision: "",
                text: "",
              })
            }
          />
        )}
        <IconButton name="close" label="Close the comments (m)" onClick={onClose} />
      </header>
      {comments.problem.value !== "" && (
        <p class="diff-note" role="alert">
          {comments.problem.value}
        </p>
      )}
      <p class="panel-counts dim number">
        {counts.open} not sent · {counts.sent} sent
        {counts.resolved > 0 && (
          <button type="button" class="link" aria-pressed={resolved} onClick={() => setResolved(!resolved)}>
            {resolved ? "hide" : "show"} {counts.resolved} resolved
          </button>
        )}
      </p>
      <div class="panel-list">
        {whole.map((draft) => (
          <DraftBox key="whole" draft={draft} comments={comments} onDone={() => undefined} />
        ))}
        {listed.length === 0 && whole.length === 0 && (
          <p class="dim panel-none">
            Click a line number, or select lines and press <kbd>c</kbd>, to comment. Nothing goes to {agent}{" "}
            before you send it.
          </p>
        )}
        {byPath(listed).map(([path, group]) => (
          <section key={path} aria-label={path === "" ? "The whole work" : shown(path)}>
            <h3 class="clip" title={shown(path)}>
              {path === "" ? "The whole work" : shown(path)}
            </h3>
            {group.map((comment) => (
              <CommentBox
                key={comment.id}
                comment={comment}
                comments={comments}
                outdated={comment.outdated}
                {...(path === "" ? {} : { onGo: () => onGo(comment) })}
              />
            ))}
          </section>
        ))}
      </div>
      {mayAct.value && <Sending comments={comments} agent={agent} />}
    </aside>
  );
}

function Sending({ comments, agent }: { comments: Comments; agent: string }) {
  const [text, setText] = useState("");
  const { open } = comments.counts.value;
  const sending = comments.sending.value;
  const count = open === 1 ? "1 comment" : `${open} comments`;
  const label = open === 0 ? "Nothing to send" : `Send ${count} to ${agent}`;
  return (
    <footer class="panel-foot">
      {comments.outcome.value && <Result outcome={comments.outcome.value} agent={agent} />}
      <textarea
        class="field"
        rows={2}
        aria-label="Words before the comments"
        placeholder="Words before the comments (optional)"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.stopPropagation()}
      />
      <button
        type="button"
        class="button primary"
        disabled={open === 0 || sending}
        onClick={() =>
          void comments.send(text.trim()).then(() => comments.counts.value.open === 0 && setText(""))
        }
      >
        <Icon name="send" />
        {sending ? "Sending…" : label}
      </button>
    </footer>
  );
}

function Result({ outcome, agent }: { outcome: Outcome; agent: string }) {
  if (outcome.kind === "failed") {
    return (
      <div class="result bad" role="alert">
        <p>Not sent: {outcome.text}</p>
        {outcome.hint !== "" && <p class="dim">{outcome.hint}</p>}
      </div>
    );
  }
  const { sent, why, prompt, ids } = outcome.view;
  const count = ids.length === 1 ? "1 comment" : `${ids.length} comments`;
  return (
    <div class={`result ${sent ? "good" : "bad"}`} role="alert">
      <p>{sent ? `${agent} took ${count}.` : `Not confirmed: ${why}. The comments stay open.`}</p>
      <details>
        <summary>What was said</summary>
        <pre class="quote">{prompt}</pre>
      </details>
    </div>
  );
}
