/** An agent's inbox: its conversations by mail and text at the left, one of them at the right, its codes above. */

import { useState } from "preact/hooks";
import { ofAgent, type Page } from "../api/client";
import { useResource } from "../api/resource";
import type { CodeView, ConversationView, IdentityView, ThreadView } from "../api/schema";
import { agentOf, newsOf } from "../live/live";
import { Icon } from "../shell/icons";
import { now } from "../shell/now";
import { CopyButton, Empty, Failure, Loading } from "../shell/parts";
import { route, setQuery } from "../shell/router";
import { useRowKeys } from "../shell/rows";
import { clock, epoch, exact, span } from "../shell/time";
import { mayAct } from "../shell/who";
import { Conversation } from "./conversation";
import { type Kind, pick, type Talk, talks } from "./threads";
import { NewMessage } from "./write";
import "./inbox.css";

const KINDS: readonly Kind[] = ["all", "mail", "text"];
const LIMIT = 200;

export function InboxView({ constellation, agent }: { constellation: string; agent: string }) {
  if (agentOf(constellation, agent)?.identity === null) return <NoIdentity agent={agent} />;
  if (!mayAct.value) return <Closed />;
  return <Inbox constellation={constellation} agent={agent} />;
}

function Inbox({ constellation, agent }: { constellation: string; agent: string }) {
  const news = newsOf(constellation, agent);
  const identity = useResource<IdentityView>(ofAgent(constellation, agent, "identity"), {}, news);
  const mails = useResource<Page<ThreadView>>(ofAgent(constellation, agent, "mail"), { limit: LIMIT }, news);
  const texts = useResource<Page<ConversationView>>(
    ofAgent(constellation, agent, "texts"),
    { limit: LIMIT },
    news,
  );
  const codes = useResource<Page<CodeView>>(ofAgent(constellation, agent, "codes"), {}, news);
  const [writing, setWriting] = useState<"mail" | "text" | null>(null);
  useRowKeys(
    "Inbox",
    mayAct.value ? [{ keys: "c", label: "Write a mail", run: () => setWriting("mail") }] : [],
  );
  const problem = mails.problem ?? texts.problem ?? identity.problem;
  if (problem !== null && mails.value === undefined)
    return <Failure problem={problem} retry={mails.reload} />;
  if (mails.value === undefined || texts.value === undefined) return <Loading what="the inbox" />;
  const { query } = route.value;
  const kind = KINDS.find((one) => one === query.kind) ?? "all";
  const all = talks(mails.value.data, texts.value.data);
  const open = all.find((one) => one.kind === openKind(query.of) && one.id === query.of?.slice(2));
  const code = codes.value?.data[0];
  return (
    <div class={`inbox ${open ? "reading" : ""}`}>
      <div class="inbox-list">
        <IdentityLine identity={identity.value} onWrite={mayAct.value ? setWriting : undefined} />
        {code && <CodeLine code={code} />}
        <Filter kind={kind} filter={query.filter ?? ""} />
        <TalkList shown={pick(all, kind, query.filter ?? "")} any={all.length > 0} open={open} />
      </div>
      <div class="inbox-body">
        {open ? (
          <Conversation
            key={`${open.kind} ${open.id}`}
            constellation={constellation}
            agent={agent}
            talk={open}
            code={code}
            self={open.kind === "mail" ? (identity.value?.address ?? "") : (identity.value?.phone ?? "")}
          />
        ) : (
          <Empty title={all.length > 0 ? "No conversation is open" : "Nothing has come yet"}>
            {all.length === 0 && identity.value && <p>Mail to {identity.value.address} appears here.</p>}
          </Empty>
        )}
      </div>
      {writing && (
        <NewMessage
          constellation={constellation}
          agent={agent}
          kind={writing}
          onClose={() => setWriting(null)}
        />
      )}
    </div>
  );
}

function openKind(of: string | undefined): "mail" | "text" | "" {
  return of?.startsWith("m:") ? "mail" : of?.startsWith("t:") ? "text" : "";
}

function Closed() {
  return (
    <Empty title="This browser may only look">
      <p>
        Mail, texts and codes are shown to a login without <code>--read-only</code>: they open accounts
        elsewhere.
      </p>
    </Empty>
  );
}

function NoIdentity({ agent }: { agent: string }) {
  return (
    <Empty title={`${agent} has no identity`}>
      <p>
        Where <code>constellation.yaml</code> has <code>identities</code>, and the agent does not say{" "}
        <code>identity: false</code>, <code>constellagent apply</code> gives it a mailbox of its own.
      </p>
    </Empty>
  );
}

function IdentityLine(props: {
  identity: IdentityView | undefined;
  onWrite: ((kind: "mail" | "text") => void) | undefined;
}) {
  const { identity, onWrite } = props;
  if (!identity) return null;
  return (
    <div class="identity-line">
      <div class="grow">
        <p class="identity-part">
          <Icon name="mail" />
          <span class="clip">{identity.address}</span>
          <CopyButton text={identity.address} what="the address" />
        </p>
        {identity.phone && (
          <p class="identity-part">
            <Icon name="phone" />
            <span class="clip number">{identity.phone}</span>
            <CopyButton text={identity.phone} what="the number" />
          </p>
        )}
        {identity.archived && <span class="pill alert">archived</span>}
      </div>
      {onWrite && !identity.archived && (
        <button
          type="button"
          class="button"
          title="Write a mail in its name (c)"
          onClick={() => onWrite("mail")}
        >
          Write
        </button>
      )}
      {onWrite && !identity.archived && identity.phone && (
        <button type="button" class="button" title="Write a text in its name" onClick={() => onWrite("text")}>
          Text
        </button>
      )}
    </div>
  );
}

function CodeLine({ code }: { code: CodeView }) {
  const at = epoch(code.at);
  return (
    <div class="code-line">
      <span class="faint">Newest code</span>
      <code class="code-large">{code.code}</code>
      <CopyButton text={code.code} what="the code" />
      <span class="clip dim grow" title={code.sender}>
        {code.sender}
      </span>
      <span class="faint number" title={exact(at)}>
        {span(now.value - at)}
      </span>
    </div>
  );
}

function Filter({ kind, filter }: { kind: Kind; filter: string }) {
  return (
    <div class="inbox-filter">
      <fieldset class="segments">
        <legend class="unseen">Kind</legend>
        {KINDS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === kind}
            onClick={() => setQuery({ kind: one === "all" ? undefined : one })}
          >
            {{ all: "All", mail: "Mail", text: "Texts" }[one]}
          </button>
        ))}
      </fieldset>
      <input
        class="field grow"
        type="search"
        placeholder="Filter  /"
        aria-label="Filter conversations"
        data-filter
        value={filter}
        onInput={(event) => setQuery({ filter: event.currentTarget.value })}
      />
    </div>
  );
}

function TalkList({ shown, any, open }: { shown: readonly Talk[]; any: boolean; open: Talk | undefined }) {
  if (shown.length === 0) return any ? <p class="dim inbox-none">No conversation is like that.</p> : null;
  return (
    <ul class="talks" aria-label="Conversations">
      {shown.map((talk) => (
        <li key={`${talk.kind} ${talk.id}`}>
          <button
            type="button"
            data-row
            class={`talk ${talk.unread > 0 ? "unread" : ""}`}
            aria-current={talk === open ? "true" : undefined}
            onClick={() => setQuery({ of: `${talk.kind === "mail" ? "m" : "t"}:${talk.id}` })}
          >
            <span class="talk-top">
              <Icon name={talk.kind === "mail" ? "mail" : "phone"} />
              <span class="talk-with clip grow">{talk.with}</span>
              {talk.count > 1 && <span class="faint number">{talk.count}</span>}
              <span class="faint number" title={exact(epoch(talk.at))}>
                {clock(epoch(talk.at), now.value)}
              </span>
            </span>
            {talk.subject && <span class="talk-subject clip">{talk.subject}</span>}
            <span class="talk-preview clip dim">{talk.preview}</span>
            {talk.unread > 0 && <span class="unseen">{talk.unread} unread</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
