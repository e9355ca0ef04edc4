/** The two boxes in which a person writes to an agent: a text for what runs now, or a prompt for a new run. */

import { useState } from "preact/hooks";
import { ofAgent, post } from "../api/client";
import type { SendView, SessionView } from "../api/schema";
import { agentOf } from "../live/live";
import { Icon } from "./icons";
import { mac } from "./keys";
import { Failure, StateWord } from "./parts";
import { go } from "./router";
import { agentAddress } from "./routes";
import { closeOverlay } from "./state";
import { ask, Dialog, say } from "./talk";

interface Place {
  constellation: string;
  agent: string;
}

const ANSWERING = {
  title: "Answer its question with this?",
  text: "It asks for a permission now, and what is sent would answer that.",
  yes: "Send it all the same",
  danger: true,
};

/** Sends text into the agent's terminal. */
export function SendBox({ constellation, agent, text = "" }: Place & { text?: string | undefined }) {
  const view = agentOf(constellation, agent);
  const asksNow = view?.state === "waiting" && view.reason === "permission";
  const send = async (typed: string) => {
    if (asksNow && !(await ask(ANSWERING))) return false;
    const body = asksNow ? { text: typed, force: true } : { text: typed };
    const sent = await post<SendView>(ofAgent(constellation, agent, "send"), body);
    if (!sent.confirmed) {
      say(`typed into ${agent}, not seen to be taken`, "warning", sent.why);
    } else say(`sent to ${agent}`, "done");
    return true;
  };
  return (
    <Box
      title={`Send to ${agent}`}
      label="Text, pasted as a whole and then entered"
      action="Send"
      first={text}
      run={send}
    >
      {view && (
        <p class="prompt-state">
          <StateWord state={view.state} />
          <span class="dim clip">{view.reason}</span>
        </p>
      )}
      {asksNow && (
        <p class="pill alert" role="alert">
          It asks for a permission now, and what is sent would answer that. Look at its terminal first.
        </p>
      )}
    </Box>
  );
}

/** Starts a run of the agent in a terminal of its own. */
export function RunBox({ constellation, agent }: Place) {
  const run = async (prompt: string) => {
    const session = await post<SessionView>(ofAgent(constellation, agent, "runs"), { prompt });
    say(`${agent} has started a run`, "done");
    go(agentAddress(constellation, agent, "terminal", { session: session.id }));
    return true;
  };
  return (
    <Box title={`Run ${agent}`} label="Prompt of the new run" action="Start" first="" run={run}>
      <p class="dim">A new process in the same worktree; what runs there now goes on.</p>
    </Box>
  );
}

function Box(props: {
  title: string;
  label: string;
  action: string;
  first: string;
  /** Resolves to whether it was done. */
  run: (text: string) => Promise<boolean>;
  children?: preact.ComponentChildren;
}) {
  const [text, setText] = useState(props.first);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const submit = async () => {
    if (busy || text.trim() === "") return;
    setBusy(true);
    setProblem(null);
    try {
      if (await props.run(text)) closeOverlay();
      else setBusy(false);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} onClose={closeOverlay} className="prompt">
      <form
        class="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {props.children}
        <label class="prompt-label">
          <span class="faint">{props.label}</span>
          <textarea
            class="field mono"
            rows={8}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                void submit();
              }
            }}
          />
        </label>
        {problem !== null && <Failure problem={problem} />}
        <div class="dialog-foot">
          <span class="faint grow">
            <kbd>{mac ? "⌘" : "Ctrl"}</kbd> <kbd>Enter</kbd>
          </span>
          <button type="submit" class="button primary" disabled={busy || text.trim() === ""}>
            <Icon name="send" />
            {props.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
