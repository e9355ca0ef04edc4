/** The way back to the list, where a narrow page shows the list and what was chosen of it in turns. */

import { Icon } from "../../shell/icons";
import "./back.css";

export function Back({ onBack }: { onBack: () => void }) {
  return (
    <span class="only-small">
      <button type="button" class="icon-button back" aria-label="Back to the list" onClick={onBack}>
        <Icon name="chevron" />
      </button>
    </span>
  );
}
