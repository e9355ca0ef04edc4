/** Files that several agents of a constellation changed: each with a way to every agent's changes of it. */

import { useMemo, useState } from "preact/hooks";
import { ofConstellation, type Page } from "../../api/client";
import { useResource } from "../../api/resource";
import type { OverlapView } from "../../api/schema";
import { constellations } from "../../live/live";
import { keyOf } from "../../live/world";
import { Icon, IconButton } from "../../shell/icons";
import { Empty, Failure, Loading } from "../../shell/parts";
import { agentAddress } from "../../shell/routes";
import { useRowKeys } from "../../shell/rows";
import { counted } from "../../shell/time";
import { filter } from "../tree/filter";
import { folderOf, leaf, shown } from "../tree/names";
import { pick, shares } from "./pick";
import "./overlaps.css";

const DRAWN = 500;

/** The overlaps of one constellation, or of all where none is named. */
export function OverlapsView({ constellation }: { constellation: string }) {
  const [typed, setTyped] = useState("");
  useRowKeys("Overlaps");
  const known = constellations.value ?? [];
  const keys = constellation === "" ? known.map((one) => keyOf(one, known)) : [constellation];
  return (
    <div class="view">
      <header class="view-head">
        <h1>Overlaps</h1>
        <span class="grow" />
        <input
          class="field"
          type="search"
          data-filter
          aria-label="Filter files and agents"
          placeholder="Filter files and agents"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </header>
      <div class="view-body">
        {constellations.value === null && <Loading what="the constellations" />}
        {constellations.value !== null && keys.length === 0 && (
          <Empty title="There is no constellation yet">Apply one, and its agents appear here.</Empty>
        )}
        {keys.map((key) => (
          <Overlaps key={key} constellation={key} typed={typed} titled={keys.length > 1} />
        ))}
      </div>
    </div>
  );
}

interface Props {
  constellation: string;
  typed: string;
  titled: boolean;
}

function Overlaps({ constellation, typed, titled }: Props) {
  const found = useResource<Page<OverlapView>>(ofConstellation(constellation, "overlaps"));
  const data = found.value?.data;
  const { files, unknown } = useMemo(() => pick(data ?? [], filter(typed)), [data, typed]);
  return (
    <section aria-label={`Overlaps in ${constellation}`}>
      <div class="overlaps-head">
        {titled && <h2>{constellation}</h2>}
        <span class="dim grow">
          {data && files.length > 0 && `${counted(files.length, "file")} that several agents changed`}
        </span>
        <IconButton name="refresh" label="Look again" onClick={found.reload} />
      </div>
      {found.problem !== null && <Failure problem={found.problem} retry={found.reload} />}
      {!data && found.loading && <Loading what="every agent's changes" />}
      {unknown.length > 0 && (
        <p class="overlaps-unknown">
          <Icon name="warn" />
          <span>Not all is known of {unknown.join(", ")}: what they changed may overlap as well.</span>
        </p>
      )}
      {data && files.length === 0 && (
        <Empty title={typed === "" ? "No overlaps" : "Nothing fits"}>
          {typed === "" && unknown.length === 0 && "No file was changed by more than one agent."}
        </Empty>
      )}
      {files.length > 0 && <Table constellation={constellation} files={files} />}
    </section>
  );
}

function Table({ constellation, files }: { constellation: string; files: readonly OverlapView[] }) {
  return (
    <>
      <p class="overlaps-shares">
        {shares(files).map((one) => (
          <span key={one.agent} class="pill">
            {one.agent} {one.files}
          </span>
        ))}
      </p>
      <table class="overlaps">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Changed by</th>
          </tr>
        </thead>
        <tbody>
          {files.slice(0, DRAWN).map((file) => (
            <Line key={file.path} constellation={constellation} file={file} />
          ))}
        </tbody>
      </table>
      {files.length > DRAWN && (
        <p class="dim">and {counted(files.length - DRAWN, "more file", "more files")}: filter to see them</p>
      )}
    </>
  );
}

function Line({ constellation, file }: { constellation: string; file: OverlapView }) {
  const folder = folderOf(file.path);
  return (
    <tr>
      <td class="mono">
        {folder !== "" && <span class="dim">{shown(folder)}/</span>}
        {shown(leaf(file.path))}
      </td>
      <td>
        <span class="overlaps-agents">
          {file.agents.map((agent) => (
            <a
              key={agent}
              class="button"
              data-row
              href={agentAddress(constellation, agent, "diff", { path: file.path })}
              aria-label={`${agent}'s changes of ${shown(file.path)}`}
            >
              <Icon name="diff" />
              {agent}
            </a>
          ))}
        </span>
      </td>
    </tr>
  );
}
