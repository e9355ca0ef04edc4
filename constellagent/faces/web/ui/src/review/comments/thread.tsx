/** Comments on screen: a thread with what can be done to each, and the box in which one is written. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CommentView } from "../../api/schema";
import { sayProblem } from "../../shell/talk";
import { mayAct } from "../../shell/who";
import { placeName, type Thread } from "./anchors";
import type { Comments, Draft } from "./store";

const STATES: Record<CommentView["state"], { word: string; tone: string; means: string }> = {
  open: { word: "not sent", tone: "alert", means: "the agent has not seen this yet" },
  sent: { word: "sent", tone: "good", means: "the agent was given this" },
  resolved: { word: "resolved", tone: "", means: "nothing is left to do" },
};

/** A thread as it stands between the lines. */
export function ThreadBox({ thread, comments }: { thread: Thread; comments: Comments }) {
  return (
    <section
      class="thread"
      aria-label={`Comments on ${thread.side === "old" ? "old " : ""}line ${thread.line}`}
    >
      {thread.comments.map((comment) => (
        <CommentBox key={comment.id} comment={comment} comments={comments} outdated={thread.outdated} />
      ))}
    </section>
  );
}

export function CommentBox(props: {
  comment: CommentView;
  comments: Comments;
  outdated: boolean;
  onGo?: () => void;
}) {
  const { comment, comments, outdated, onGo } = props;
  const [editing, setEditing] = useState(false);
  const state = STATES[comment.state];
  const settle = (what: Promise<void>) => {
    what.catch(sayProblem);
  };
  return (
    <article class={`comment ${comment.state}`}>
      <header>
        <b>{comment.author === "person" ? "you" : comment.author}</b>
        {onGo ? (
          <button type="button" class="link" onClick={onGo}>
            {placeName(comment)}
          </button>
        ) : (
          <span class="dim">{placeName(comment)}</span>
        )}
        <span class={`pill ${state.tone}`} title={state.means}>
          {state.word}
        </span>
        {outdated && (
          <span class="pill" title="the lines that this is about are no longer there">
            outdated
          </span>
        )}
        <span class="grow" />
        {mayAct.value && !editing && (
          <Actions
            comment={comment}
            onEdit={() => setEditing(true)}
            onMark={(to) => settle(comments.mark(comment.id, to))}
            onRemove={() => settle(comments.remove(comment.id))}
          />
        )}
      </header>
      {outdated && comment.quote !== "" && <pre class="quote">{comment.quote}</pre>}
      {editing ? (
        <Writing
          label="Edit this comment"
          start={comment.text}
          verb="Save"
          onDone={async (text) => {
            await comments.edit(comment.id, text);
            setEditing(false);
          }}
          onCancel={() => setEditing(false)}
        />
      ) : (
        <p class="comment-text">{comment.text}</p>
      )}
    </article>
  );
}

function Actions(props: {
  comment: CommentView;
  onEdit: () => void;
  onMark: (to: "open" | "resolved") => void;
  onRemove: () => void;
}) {
  const resolved = props.comment.state === "resolved";
  return (
    <span class="comment-actions">
      <Small onClick={() => props.onMark(resolved ? "open" : "resolved")}>
        {resolved ? "Reopen" : "Resolve"}
      </Small>
      <Small onClick={props.onEdit}>Edit</Small>
      <Small onClick={props.onRemove}>Remove</Small>
    </span>
  );
}

function Small({ onClick, children }: { onClick: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class="link" onClick={onClick}>
      {children}
    </button>
  );
}

/** The box of a comment that is new: what is typed stays with the draft until it is added or dropped. */
export function DraftBox({
  draft,
  comments,
  onDone,
}: {
  draft: Draft;
  comments: Comments;
  onDone: () => void;
}) {
  return (
    <section class="thread" aria-label="New comment">
      <article class="comment draft">
        <header>
          <b>New comment</b>
          <span class="dim">
            {placeName({ path: draft.path, line: draft.line, end_line: draft.endLine, side: draft.side })}
          </span>
        </header>
        <Writing
          label="Comment"
          start={draft.text}
          verb="Add comment"
          onType={(text) => comments.type(draft, text)}
          onDone={async (text) => {
            await comments.add({ ...draft, text });
            onDone();
          }}
          onCancel={() => {
            comments.drop(draft);
            onDone();
          }}
        />
      </article>
    </section>
  );
}

function Writing(props: {
  label: string;
  start: string;
  verb: string;
  onType?: (text: string) => void;
  onDone: (text: string) => Promise<void>;
  onCancel: () => void;
}) {
  const [text, setText] = useState(props.start);
  const [busy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => area.current?.focus({ preventScroll: true }), 0);
    return () => clearTimeout(timer);
  }, []);
  const done = async () => {
    if (text.trim() === "" || busy) return;
    setBusy(true);
    try {
      await props.onDone(text.trim());
    } catch (error) {
      sayProblem(error);
      setBusy(false);
    }
  };
  const press = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void done();
    } else if (event.key === "Escape" && (text === props.start || text.trim() === "")) {
      event.preventDefault();
      props.onCancel();
    }
  };
  return (
    <div class="writing">
      <textarea
        ref={area}
        class="field"
        aria-label={props.label}
        rows={3}
        maxLength={20_000}
        placeholder="What should the agent change here?"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          props.onType?.(event.currentTarget.value);
        }}
        onKeyDown={press}
      />
      <div class="writing-foot">
        <button
          type="button"
          class="button primary"
          disabled={busy || text.trim() === ""}
          onClick={() => void done()}
        >
          {props.verb}
        </button>
        <button type="button" class="button" onClick={props.onCancel}>
          Cancel
        </button>
        <span class="faint writing-keys">Ctrl-Enter adds</span>
      </div>
    </div>
  );
}
