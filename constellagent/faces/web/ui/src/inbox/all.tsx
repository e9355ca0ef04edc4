/** The identities of all agents: addresses, numbers, what is unread; each leads to its inbox. */

import { ofConstellation, type Page } from "../api/client";
import { useResource } from "../api/resource";
import type { IdentityView } from "../api/schema";
import { constellations } from "../live/live";
import { type Constellation, keyOf } from "../live/world";
import { chosen } from "../shell/chosen";
import { CopyButton, Empty, Failure, Loading } from "../shell/parts";
import { agentAddress } from "../shell/routes";
import { useRowKeys } from "../shell/rows";
import "./inbox.css";

export function Inboxes({ constellation }: { constellation: string }) {
  useRowKeys("Inboxes");
  const all = constellations.value;
  if (all === null) return <Loading what="the identities" />;
  return (
    <div class="view">
      <header class="view-head">
        <h1>Inboxes</h1>
      </header>
      <div class="view-body">
        {chosen(all, constellation).map((one) => (
          <Identities key={one.file} constellation={one} name={keyOf(one, all)} />
        ))}
      </div>
    </div>
  );
}

function Identities({ constellation, name }: { constellation: Constellation; name: string }) {
  const found = useResource<Page<IdentityView>>(ofConstellation(name, "identities"));
  const unread = new Map(
    constellation.agents.map((one) => [one.name, { mails: one.unread_mail, texts: one.unread_texts }]),
  );
  return (
    <section class="fleet" aria-label={constellation.name}>
      <h2 class="section-title">{constellation.name}</h2>
      {found.problem !== null && <Failure problem={found.problem} retry={found.reload} />}
      {found.value === undefined && found.problem === null && <Loading what="the identities" />}
      {found.value?.data.length === 0 && <Empty title="No agent here has an identity" />}
      {found.value !== undefined && found.value.data.length > 0 && (
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th scope="col">Agent</th>
                <th scope="col">Address</th>
                <th scope="col">Phone</th>
                <th scope="col">Unread mail</th>
                <th scope="col">Unread texts</th>
                <th scope="col">Passwords, secrets</th>
              </tr>
            </thead>
            <tbody>
              {found.value.data.map((one) => (
                <tr key={one.uuid}>
                  <td>
                    <a data-row href={agentAddress(name, one.agent, "inbox")}>
                      <b>{one.agent}</b>
                    </a>{" "}
                    {one.archived && <span class="pill">archived</span>}
                  </td>
                  <td>
                    <Copied text={one.address} what="the address" />
                  </td>
                  <td class="number">{one.phone && <Copied text={one.phone} what="the number" />}</td>
                  <td class="number">{unread.get(one.agent)?.mails ?? one.unread_mails ?? "unknown"}</td>
                  <td class="number">{unread.get(one.agent)?.texts ?? one.unread_texts ?? "unknown"}</td>
                  <td class="number dim">
                    {one.passwords ?? "unknown"}, {one.secrets ?? "unknown"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Copied({ text, what }: { text: string; what: string }) {
  return (
    <span class="identity-part">
      <span>{text}</span>
      <CopyButton text={text} what={what} />
    </span>
  );
}
