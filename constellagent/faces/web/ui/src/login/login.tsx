/** What a browser sees that the daemon does not know: how to come in, and a field for a code or an address. */

import { useState } from "preact/hooks";
import { explain } from "../api/problem";
import { CopyButton } from "../shell/parts";
import { Mark } from "../shell/sidebar";
import { codeIn, meet, whoProblem } from "../shell/who";
import "./login.css";

const COMMAND = "constellagent web";

export function Login() {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const problem = whoProblem.value;
  const submit = async () => {
    const text = typed.trim();
    if (text === "" || busy) return;
    setBusy(true);
    const mark = text.indexOf("#");
    await meet(mark < 0 ? text : (codeIn(text.slice(mark))?.code ?? text));
    setBusy(false);
  };
  return (
    <main class="login">
      <div class="login-box">
        <p class="brand">
          <Mark />
          constellagent
        </p>
        <h1>This browser is not logged in</h1>
        <p class="dim">In a terminal on the machine where the daemon runs:</p>
        <p class="login-command">
          <code>{COMMAND}</code>
          <CopyButton text={COMMAND} what="the command" />
        </p>
        <p class="dim">It opens this page with a code that holds once, for one minute.</p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <label for="code" class="faint">
            Or paste that address, or its code
          </label>
          <div class="login-field">
            <input
              id="code"
              class="field mono grow"
              autocomplete="off"
              spellcheck={false}
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
            <button type="submit" class="button primary" disabled={busy || typed.trim() === ""}>
              Log in
            </button>
          </div>
        </form>
        {problem !== null && <LoginProblem problem={problem} />}
      </div>
    </main>
  );
}

function LoginProblem({ problem }: { problem: unknown }) {
  const { text, hint } = explain(problem);
  return (
    <p class="login-problem" role="alert">
      {text}
      {hint && <span class="dim">. {hint}</span>}
    </p>
  );
}
