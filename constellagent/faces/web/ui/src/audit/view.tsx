/** Who had access to which identity: the audit's lines, newest first, with a filter. */

import { useState } from "preact/hooks";
import { get, ofConstellation, type Page } from "../api/client";
import { useResource } from "../api/resource";
import type { AuditView as Line } from "../api/schema";
import { constellations } from "../live/live";
import { type Constellation, keyOf } from "../live/world";
import { chosen } from "../shell/chosen";
import { now } from "../shell/now";
import { Empty, Failure, Loading } from "../shell/parts";
import { route, setQuery } from "../shell/router";
import { agentAddress } from "../shell/routes";
import { useRowKeys } from "../shell/rows";
import { sayProblem } from "../shell/talk";
import { clock, epoch, exact } from "../shell/time";
import { pickLines, toneOfResult } from "./pick";

const LIMIT = 200;

export function AuditView({ constellation }: { constellation: string }) {
  useRowKeys("Audit");
  const all = constellations.value;
  if (all === null) return <Loading what="the audit" />;
  const { query } = route.value;
  const shown = chosen(all, constellation);
  const names = [...new Set(shown.flatMap((one) => one.agents.map((agent) => agent.name)))];
  return (
    <div class="view">
      <header class="view-head">
        <h1>Audit</h1>
        <span class="grow" />
        <select
          class="field"
          aria-label="Agent"
          value={query.agent ?? ""}
          onChange={(event) => setQuery({ agent: event.currentTarget.value || undefined })}
        >
          <option value="">every agent</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <input
          class="field"
          type="search"
          placeholder="Filter  /"
          aria-label="Filter the audit"
          data-filter
          value={query.filter ?? ""}
          onInput={(event) => setQuery({ filter: event.currentTarget.value })}
        />
      </header>
      <div class="view-body">
        {shown.map((one) => (
          <Lines
            key={`${one.file} ${query.agent}`}
            constellation={one}
            name={keyOf(one, all)}
            titled={shown.length > 1}
          />
        ))}
      </div>
    </div>
  );
}

function Lines({
  constellation,
  name,
  titled,
}: {
  constellation: Constellation;
  name: string;
  titled: boolean;
}) {
  const { agent, filter = "" } = route.value.query;
  const path = ofConstellation(name, "audit");
  const first = useResource<Page<Line>>(path, { agent, limit: LIMIT });
  const [more, setMore] = useState<Page<Line> | null>(null);
  if (agent !== undefined && !constellation.agents.some((one) => one.name === agent)) return null;
  if (first.value === undefined) {
    return first.problem === null ? (
      <Loading what="the audit" />
    ) : (
      <Failure problem={first.problem} retry={first.reload} />
    );
  }
  const lines = [...first.value.data, ...(more?.data ?? [])];
  const shown = pickLines(lines, filter);
  const next = (more ?? first.value).next;
  const readMore = async () => {
    try {
      const page = await get<Page<Line>>(path, { agent, limit: LIMIT, cursor: next });
      setMore({ data: [...(more?.data ?? []), ...page.data], next: page.next });
    } catch (error) {
      sayProblem(error);
    }
  };
  return (
    <section class="fleet" aria-label={constellation.name}>
      {titled && <h2 class="section-title">{constellation.name}</h2>}
      {shown.length === 0 ? (
        <Empty title={lines.length > 0 ? "No line is like that" : "No identity was used yet"} />
      ) : (
        <div class="wide">
          <table class="ledger">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Identity of</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Result</th>
                <th scope="col">About</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((line) => (
                <tr key={`${line.identity} ${line.seq}`}>
                  <td class="number faint" title={exact(epoch(line.at))}>
                    {clock(epoch(line.at), now.value)}
                  </td>
                  <td>
                    {line.agent ? (
                      <a data-row href={agentAddress(name, line.agent, "inbox")}>
                        {line.agent}
                      </a>
                    ) : (
                      <span class="mono faint">{line.identity.slice(0, 8)}</span>
                    )}
                  </td>
                  <td>{line.actor}</td>
                  <td>{line.action}</td>
                  <td>
                    <span class={`pill ${toneOfResult(line.result)}`}>{line.result}</span>
                  </td>
                  <td
                    class="dim"
                    title={[line.row, line.value && `fingerprint ${line.value}`].filter(Boolean).join("\n")}
                  >
                    {line.about}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next !== "" && (
        <p class="table-more">
          <button type="button" class="button" onClick={() => void readMore()}>
            Read more
          </button>
        </p>
      )}
    </section>
  );
}
