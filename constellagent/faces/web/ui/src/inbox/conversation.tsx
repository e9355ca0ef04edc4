/** One conversation: its mails or texts, oldest first, and an answer to it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ofAgent, type Page } from "../api/client";
import { useResource } from "../api/resource";
import type { CodeView, MailView, TextView } from "../api/schema";
import { newsOf } from "../live/live";
import { Icon, IconButton } from "../shell/icons";
import { now } from "../shell/now";
import { Failure, Loading } from "../shell/parts";
import { setQuery } from "../shell/router";
import { clock, epoch, exact } from "../shell/time";
import { mayAct } from "../shell/who";
import { Body } from "./body";
import { bytes, replyTo } from "./reply";
import type { Talk } from "./threads";
import { MailForm, TextForm } from "./write";

interface Props {
  constellation: string;
  agent: string;
  talk: Talk;
  code: CodeView | undefined;
  /** The agent's own address or number in it. */
  self: string;
}

export function Conversation(props: Props) {
  return props.talk.kind === "mail" ? <Mails {...props} /> : <Texts {...props} />;
}

function Mails({ constellation, agent, talk, code, self }: Props) {
  const path = ofAgent(constellation, agent, "mail", talk.id);
  const mails = useResource<Page<MailView>>(path, {}, newsOf(constellation, agent));
  const [answering, setAnswering] = useState(false);
  if (mails.value === undefined) {
    return mails.problem === null ? (
      <Loading what="the mail" />
    ) : (
      <Failure problem={mails.problem} retry={mails.reload} />
    );
  }
  const last = mails.value.data.at(-1);
  return (
    <article class="conversation" aria-label={talk.subject}>
      <Head title={talk.subject} />
      <div class="conversation-body">
        {mails.value.data.map((mail) => (
          <Mail
            key={mail.id}
            mail={mail}
            code={code?.source === "mail" && code.id === mail.id ? code.code : ""}
          />
        ))}
        {last &&
          mayAct.value &&
          (answering ? (
            <MailForm
              constellation={constellation}
              agent={agent}
              first={replyTo(last, self)}
              onDone={() => {
                setAnswering(false);
                mails.reload();
              }}
            />
          ) : (
            <button type="button" class="button" onClick={() => setAnswering(true)}>
              Answer as {agent}
            </button>
          ))}
        <End count={mails.value.data.length} />
      </div>
    </article>
  );
}

function Mail({ mail, code }: { mail: MailView; code: string }) {
  const at = epoch(mail.at);
  return (
    <section class={`mail ${mail.incoming ? "" : "own"}`}>
      <header class="mail-head">
        <div class="grow">
          <p class="clip">
            <b>{mail.sender_name || mail.sender}</b>{" "}
            {mail.sender_name && <span class="faint">{`<${mail.sender}>`}</span>}
          </p>
          <p class="faint clip">
            to {mail.to}
            {mail.cc && `, cc ${mail.cc}`}
          </p>
        </div>
        {mail.state === "held" && (
          <span
            class="pill alert"
            title="It could not leave this machine; constellagent identity outbox tells more"
          >
            held
          </span>
        )}
        <time class="faint number" title={exact(at)}>
          {clock(at, now.value)}
        </time>
      </header>
      <Body text={mail.text} html={mail.html} code={code} />
      {mail.files.length > 0 && (
        <ul class="mail-files" aria-label="Attached files">
          {mail.files.map((file) => (
            <li key={file.name}>
              <Icon name="files" />
              {file.name} <span class="faint">{bytes(file.size)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Texts({ constellation, agent, talk, code }: Props) {
  const path = ofAgent(constellation, agent, "texts", talk.id);
  const texts = useResource<Page<TextView>>(path, {}, newsOf(constellation, agent));
  if (texts.value === undefined) {
    return texts.problem === null ? (
      <Loading what="the texts" />
    ) : (
      <Failure problem={texts.problem} retry={texts.reload} />
    );
  }
  return (
    <article class="conversation" aria-label={`Texts with ${talk.with}`}>
      <Head title={talk.with} />
      <div class="conversation-body">
        {texts.value.data.map((text) => (
          <section key={text.id} class={`bubble ${text.incoming ? "" : "own"}`}>
            <Body
              text={text.text}
              html=""
              code={code?.source === "sms" && code.id === text.id ? code.code : ""}
            />
            <p class="faint">
              {text.incoming ? text.sender : `${agent} to ${text.to}`} · {clock(epoch(text.at), now.value)}
              {text.state === "held" && " · held"}
            </p>
          </section>
        ))}
        {mayAct.value && (
          <TextForm constellation={constellation} agent={agent} to={talk.with} onDone={texts.reload} />
        )}
        <End count={texts.value.data.length} />
      </div>
    </article>
  );
}

function Head({ title }: { title: string }) {
  return (
    <header class="conversation-head">
      <IconButton name="close" label="Close the conversation" onClick={() => setQuery({ of: undefined })} />
      <h2 class="clip grow">{title}</h2>
    </header>
  );
}

/** Shows the newest one first, as a conversation is read from its end. */
function End({ count }: { count: number }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (count > 1)
      place.current?.previousElementSibling?.previousElementSibling?.scrollIntoView({ block: "start" });
  }, [count]);
  return <div ref={place} />;
}
