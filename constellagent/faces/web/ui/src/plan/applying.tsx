/** An apply as it goes on: each step as it is told, then how it ended. */

import { useEffect, useState } from "preact/hooks";
import { ofConstellation, stream } from "../api/client";
import { Problem } from "../api/problem";
import type { StreamItem } from "../api/schema";
import { Icon } from "../shell/icons";
import { CopyButton, Failure } from "../shell/parts";
import { counted } from "../shell/time";
import { type Ending, isEnding, lossesOf, readItem, type Step } from "./lines";

interface Course {
  readonly steps: readonly Step[];
  readonly ending: Ending | null;
  readonly problem: unknown;
}

export function Applying({ name, order, file }: { name: string; order: object; file: string }) {
  const [course, setCourse] = useState<Course>({ steps: [], ending: null, problem: null });
  useEffect(() => {
    let shown = true;
    const change = (part: (before: Course) => Partial<Course>) => {
      if (shown) setCourse((before) => ({ ...before, ...part(before) }));
    };
    void follow(name, order, change);
    // What goes on is not ended by looking elsewhere, so there is nothing to call off.
    return () => {
      shown = false;
    };
  }, [name, order]);
  const { steps, ending, problem } = course;
  return (
    <section class="applying" aria-label="Apply">
      <ol aria-live="polite">
        {steps.map((step, at) => (
          <li key={at} class={step.level}>
            <Icon name={step.level === "done" ? "check" : step.level === "info" ? "chevron" : "warn"} />
            <b class="plan-subject clip">{step.subject}</b>
            <span class="plan-text">{step.text}</span>
          </li>
        ))}
      </ol>
      {ending === null && problem === null && (
        <p class="dim applying-now">
          <span class="spinner" aria-hidden="true" /> Applying…
        </p>
      )}
      {ending && <Ended ending={ending} />}
      {problem !== null && <Refused problem={problem} file={file} />}
    </section>
  );
}

async function follow(
  name: string,
  order: object,
  change: (part: (before: Course) => Partial<Course>) => void,
): Promise<void> {
  try {
    for await (const item of stream<StreamItem>(ofConstellation(name, "apply"), order)) {
      const read = readItem(item);
      if (read === null) continue;
      if (isEnding(read)) change(() => ({ ending: read }));
      else change((before) => ({ steps: [...before.steps, read] }));
    }
    change((before) =>
      before.ending ? {} : { problem: new Error("the apply ended before it said how it went") },
    );
  } catch (problem) {
    change(() => ({ problem }));
  }
}

function Ended({ ending }: { ending: Ending }) {
  const failed = Object.entries(ending.failed);
  const skipped = Object.entries(ending.skipped);
  return (
    <div class={`ending ${failed.length > 0 ? "bad" : "good"}`} role="status">
      <p>
        <Icon name={failed.length > 0 ? "warn" : "check"} />
        <b>{failed.length > 0 ? `${counted(failed.length, "subject")} failed` : "Applied"}</b>
        <span class="dim">{counted(ending.changed, "change")}</span>
      </p>
      <ul>
        {[...failed, ...skipped].map(([subject, why]) => (
          <li key={subject}>
            <b>{subject}</b> {why}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Refused({ problem, file }: { problem: unknown; file: string }) {
  const losses = problem instanceof Problem ? lossesOf(problem.details) : [];
  const command = `constellagent apply --file ${/^[\w@%+=:,./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`}`;
  return (
    <>
      <Failure problem={problem} />
      {losses.length > 0 && <pre class="lines">{losses.join("\n")}</pre>}
      <p class="login-command">
        <code>{command}</code>
        <CopyButton text={command} what="the command" />
      </p>
    </>
  );
}
