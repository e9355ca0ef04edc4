/** Writing in an agent's name: a mail, or a text. What could not leave this machine is said. */

import { useState } from "preact/hooks";
import { ofAgent, post } from "../api/client";
import type { MailView, TextView } from "../api/schema";
import { Failure } from "../shell/parts";
import { Dialog, say } from "../shell/talk";
import type { Draft } from "./reply";

interface Place {
  constellation: string;
  agent: string;
}

/** A new mail or text, in a dialog. */
export function NewMessage(props: Place & { kind: "mail" | "text"; onClose: () => void }) {
  const { constellation, agent, kind, onClose } = props;
  return (
    <Dialog title={`Write as ${agent}`} onClose={onClose} className="prompt">
      <div class="dialog-body">
        {kind === "mail" ? (
          <MailForm
            constellation={constellation}
            agent={agent}
            first={{ to: "", subject: "", body: "" }}
            onDone={onClose}
          />
        ) : (
          <TextForm constellation={constellation} agent={agent} to="" onDone={onClose} />
        )}
      </div>
    </Dialog>
  );
}

export function MailForm(props: Place & { first: Draft; onDone: () => void }) {
  const { constellation, agent, first, onDone } = props;
  const [draft, setDraft] = useState(first);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const send = async () => {
    const mail = await post<MailView>(ofAgent(constellation, agent, "mail"), draft);
    tell(mail.state, `mail to ${draft.to}`);
    onDone();
  };
  return (
    <Form action={`Send as ${agent}`} ready={draft.to.trim() !== "" && draft.body.trim() !== ""} send={send}>
      <Line label="To" value={draft.to} onInput={(to) => change({ to })} />
      <Line label="Subject" value={draft.subject} onInput={(subject) => change({ subject })} />
      <Words label="Mail" rows={9} value={draft.body} onInput={(body) => change({ body })} />
    </Form>
  );
}

export function TextForm(props: Place & { to: string; onDone: () => void }) {
  const { constellation, agent, onDone } = props;
  const [to, setTo] = useState(props.to);
  const [body, setBody] = useState("");
  const send = async () => {
    const text = await post<TextView>(ofAgent(constellation, agent, "texts"), { to, body });
    tell(text.state, `text to ${to}`);
    setBody("");
    onDone();
  };
  return (
    <Form action={`Send as ${agent}`} ready={to.trim() !== "" && body.trim() !== ""} send={send}>
      {props.to === "" && <Line label="To" value={to} onInput={setTo} />}
      <Words label="Text" rows={3} value={body} onInput={setBody} />
    </Form>
  );
}

function tell(state: string, what: string): void {
  if (state === "held") {
    say(
      `the ${what} is held: it could not leave this machine`,
      "warning",
      "`constellagent identity outbox` says why",
    );
  } else say(`sent the ${what}`, "done");
}

function Form(props: {
  action: string;
  ready: boolean;
  send: () => Promise<void>;
  children: preact.ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const submit = async () => {
    if (busy || !props.ready) return;
    setBusy(true);
    setProblem(null);
    try {
      await props.send();
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <form
      class="write-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
      }}
    >
      {props.children}
      {problem !== null && <Failure problem={problem} />}
      <div class="dialog-foot">
        <button type="submit" class="button primary" disabled={busy || !props.ready}>
          {props.action}
        </button>
      </div>
    </form>
  );
}

function Line({ label, value, onInput }: { label: string; value: string; onInput: (text: string) => void }) {
  return (
    <label class="write-line">
      <span class="faint">{label}</span>
      <input class="field" value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </label>
  );
}

function Words(props: { label: string; rows: number; value: string; onInput: (text: string) => void }) {
  return (
    <label class="write-line">
      <span class="unseen">{props.label}</span>
      <textarea
        class="field"
        rows={props.rows}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </label>
  );
}
