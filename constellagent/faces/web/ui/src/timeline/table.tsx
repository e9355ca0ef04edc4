/** The ledger as a table, under the bands: every run of the stretch, newest first. */

import type { RunView } from "../api/schema";
import { now } from "../shell/now";
import { route, setQuery } from "../shell/router";
import { clock, counted, duration, epoch, exact } from "../shell/time";
import { toneOf, wordOf } from "./words";

const PILL = { good: "good", bad: "bad", busy: "", quiet: "", missed: "alert" } as const;
const FIRST = 200;

export function RunTable({ runs }: { runs: readonly RunView[] | undefined }) {
  if (runs === undefined || runs.length === 0) return null;
  const state = route.value.query.state ?? "";
  const states = [...new Set(runs.map((run) => run.state))].sort();
  const shown = runs.filter((run) => state === "" || run.state === state);
  return (
    <div class="wide">
      <div class="table-head">
        <h2>{counted(shown.length, "row")} of the ledger</h2>
        <label>
          <span class="unseen">State</span>
          <select
            class="field"
            value={state}
            onChange={(event) => setQuery({ state: event.currentTarget.value || undefined })}
          >
            <option value="">every state</option>
            {states.map((one) => (
              <option key={one} value={one}>
                {wordOf(one)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <table class="ledger">
        <thead>
          <tr>
            <th scope="col">Due</th>
            <th scope="col">Schedule</th>
            <th scope="col">State</th>
            <th scope="col">Took</th>
            <th scope="col">Commits</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(0, FIRST).map((run) => (
            <tr key={run.run}>
              <td class="number">
                <button type="button" class="link" data-row onClick={() => setQuery({ run: run.run })}>
                  <time title={exact(epoch(run.fire_at))}>{clock(epoch(run.fire_at), now.value)}</time>
                </button>
              </td>
              <td>{run.schedule}</td>
              <td>
                <span class={`pill ${PILL[toneOf(run.state)]}`}>{wordOf(run.state)}</span>
                {run.count > 1 && <span class="faint"> {run.count} fires</span>}
              </td>
              <td class="number">{run.seconds === null ? "" : duration(run.seconds)}</td>
              <td class="number">{run.commit_count > 0 && run.commit_count}</td>
              <td class="dim">
                {run.reason !== "schedule" && `${run.reason}. `}
                {run.why}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length > FIRST && (
        <p class="faint table-more">The {FIRST} newest are shown; narrow the time or the state.</p>
      )}
    </div>
  );
}
