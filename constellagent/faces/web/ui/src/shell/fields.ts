/** Where the focus belongs when a dialog opens: into what is to be filled in, else onto the first of its answers. */

const FIELDS = "input:not([type=hidden], [disabled]), textarea:not([disabled]), select:not([disabled])";
const ANSWERS = ".dialog-foot button:not([disabled])";

/** Returns what in a dialog has the focus first, null where that is up to the browser. */
export function firstField(box: ParentNode): HTMLElement | null {
  const field = box.querySelector<HTMLElement>(FIELDS);
  if (field === null) return box.querySelector<HTMLElement>(ANSWERS);
  const chosen = field.matches("[type=radio]")
    ? box.querySelector<HTMLElement>("[type=radio]:checked")
    : null;
  return chosen ?? field;
}
