/** Making a new file: its path is typed, and checked while it is. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { explain } from "../../api/problem";
import { Dialog } from "../../shell/talk";
import { folderOf } from "../tree/names";
import type { FilesDesk } from "./desk";
import { unfit } from "./newpath";

export function NewFile({ desk, onClose }: { desk: FilesDesk; onClose: () => void }) {
  const near = folderOf(desk.path.value);
  const [path, setPath] = useState(near === "" || !near.isWellFormed() ? "" : `${near}/`);
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const files = desk.files.value?.files;
  const there = useMemo(() => new Set(files), [files]);
  const why = unfit(path, there);
  useEffect(() => {
    const input = field.current;
    input?.focus();
    input?.setSelectionRange(input.value.length, input.value.length);
  }, []);
  const make = async () => {
    if (why !== "" || busy || !(await desk.mayLeave())) return;
    setBusy(true);
    const failed = await desk.make(path);
    setBusy(false);
    if (failed !== null) {
      setProblem(failed);
      return;
    }
    onClose();
    requestAnimationFrame(() => desk.pane.value?.focus());
  };
  const said =
    problem === null ? why : [explain(problem).text, explain(problem).hint].filter(Boolean).join(": ");
  return (
    <Dialog title="New file" onClose={onClose} className="prompt">
      <form
        class="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label class="prompt-label">
          Path, from the top of the worktree
          <input
            ref={field}
            class="field mono"
            value={path}
            autocomplete="off"
            spellcheck={false}
            aria-describedby="new-file-why"
            aria-invalid={said !== "" && !path.endsWith("/")}
            onInput={(event) => {
              setPath(event.currentTarget.value);
              setProblem(null);
            }}
          />
        </label>
        <p id="new-file-why" class={problem === null ? "dim" : "removed"} role="status">
          {said || "Folders that are not there yet are made."}
        </p>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={why !== "" || busy}>
            Make it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
