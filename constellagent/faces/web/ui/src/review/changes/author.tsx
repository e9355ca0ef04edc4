/** Whose a new commit is to be: the agent's, as its identity, or the person's who looks at this page. */

import type { FactsView } from "../../api/schema";
import "./author.css";

export type Author = "agent" | "person";

interface Props {
  facts: FactsView | undefined;
  author: Author;
  onChoose: (author: Author) => void;
}

export function ChooseAuthor({ facts, author, onChoose }: Props) {
  return (
    <label class="commit-who">
      <span class="dim">As</span>
      <select
        class="field"
        value={author}
        aria-label="Who the commit is by"
        onChange={(event) => onChoose(event.currentTarget.value === "person" ? "person" : "agent")}
      >
        <option value="agent" disabled={facts?.agent === ""}>
          {facts?.agent || "the agent (its identity is not known)"}
        </option>
        <option value="person" disabled={facts?.person === ""}>
          {facts?.person || "you (git does not know who that is)"}
        </option>
      </select>
    </label>
  );
}
