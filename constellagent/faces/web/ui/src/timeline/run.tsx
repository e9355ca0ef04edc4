/** One run in full: when, how it ended, what it did, and the ways to its output and its work. */

import type { ComponentChildren } from "preact";
import { ofConstellation, post } from "../api/client";
import type { RunView } from "../api/schema";
import { setQuery } from "../shell/router";
import { agentAddress } from "../shell/routes";
import { ask, Dialog, say, sayProblem } from "../shell/talk";
import { duration, epoch, exact } from "../shell/time";
import { mayAct } from "../shell/who";
import { isOpen, wordOf } from "./words";

export function RunDetail(props: { constellation: string; run: RunView; changed: () => void }) {
  const { constellation, run, changed } = props;
  const agent = run.schedule.split("/")[0] ?? "";
  const did = Object.entries(run.did).filter(([, count]) => count > 0);
  const started = run.started_at !== "";
  return (
    <Dialog title={`${run.schedule} · ${wordOf(run.state)}`} onClose={() => setQuery({ run: undefined })}>
      <div class="dialog-body">
        <dl class="facts">
          <Fact name="Due">{exact(epoch(run.fire_at))}</Fact>
          {run.first && <Fact name="First missed">{exact(epoch(run.first))}</Fact>}
          {started && <Fact name="Started">{exact(epoch(run.started_at))}</Fact>}
          {run.ended_at && <Fact name="Ended">{exact(epoch(run.ended_at))}</Fact>}
          {run.seconds !== null && <Fact name="Took">{duration(run.seconds)}</Fact>}
          {run.exit_status !== null && <Fact name="Exit status">{run.exit_status}</Fact>}
          {run.why && <Fact name="Why">{run.why}</Fact>}
          <Fact name="Woken by">{run.reason}</Fact>
          {run.attempt > 1 && <Fact name="Attempt">{run.attempt}</Fact>}
          {run.branch && (
            <Fact name="Branch">
              <span class="mono">{run.branch}</span>
            </Fact>
          )}
          {run.kept && <Fact name="Worktree">{run.kept}</Fact>}
          {did.length > 0 && (
            <Fact name="As its identity">
              {did.map(([what, count]) => `${what.replace("_", " ")} ${count}`).join(", ")}
            </Fact>
          )}
          <Fact name="Run">
            <span class="mono">{run.run}</span>
          </Fact>
        </dl>
        {run.commits.length > 0 && (
          <ul class="run-commits" aria-label="Commits">
            {run.commits.map((commit) => (
              <li key={commit.id}>
                <code class="faint">{commit.id?.slice(0, 8)}</code> {commit.subject}
              </li>
            ))}
            {run.commit_count > run.commits.length && (
              <li class="faint">and {run.commit_count - run.commits.length} more</li>
            )}
          </ul>
        )}
      </div>
      <footer class="dialog-foot">
        {mayAct.value && isOpen(run.state) && (
          <button type="button" class="button danger" onClick={() => void stop(constellation, run, changed)}>
            Stop
          </button>
        )}
        {started && (
          <a class="button" href={agentAddress(constellation, agent, "diff", { run: run.run })}>
            Its work
          </a>
        )}
        {started && (
          <a
            class="button primary"
            href={agentAddress(constellation, agent, "terminal", { session: run.run })}
          >
            Its terminal
          </a>
        )}
      </footer>
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

async function stop(constellation: string, run: RunView, changed: () => void): Promise<void> {
  setQuery({ run: undefined });
  const text = "Its process is ended; the ledger says that a person stopped it.";
  if (!(await ask({ title: `Stop this run of ${run.schedule}?`, text, yes: "Stop", danger: true }))) return;
  try {
    await post(ofConstellation(constellation, "runs", run.run, "stop"), undefined);
    say(`the run of ${run.schedule} was stopped`, "done");
    changed();
  } catch (error) {
    sayProblem(error);
  }
}
