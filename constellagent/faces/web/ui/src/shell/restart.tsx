/** The box in which a person starts an agent again: with its conversation, or with a new one. */

import { useState } from "preact/hooks";
import { ofAgent, post } from "../api/client";
import type { RestartView } from "../api/schema";
import { agentOf } from "../live/live";
import { Failure, StateWord } from "./parts";
import { restarted } from "./restarted";
import { closeOverlay } from "./state";
import { Dialog, say } from "./talk";

export function RestartBox({ constellation, agent }: { constellation: string; agent: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const view = agentOf(constellation, agent);
  const live = view?.session?.live ?? false;
  const restart = async (anew: boolean) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const went = await post<RestartView>(ofAgent(constellation, agent, "restart"), { new: anew });
      say(`${agent}: ${restarted(went, anew)}`, went.session.live ? "done" : "error");
      closeOverlay();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Restart ${agent}`} onClose={closeOverlay}>
      <div class="dialog-body">
        {view && (
          <p class="prompt-state">
            <StateWord state={view.state} />
            <span class="dim clip">{view.reason}</span>
          </p>
        )}
        <p>
          {live && "What it runs now is ended. "}
          It is started as it was applied; its worktree, branch and identity stay as they are.
        </p>
        {problem !== null && <Failure problem={problem} />}
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" disabled={busy} onClick={() => void restart(true)}>
          With a new conversation
        </button>
        <button type="button" class="button primary" disabled={busy} onClick={() => void restart(false)}>
          Go on with its conversation
        </button>
      </footer>
    </Dialog>
  );
}
