/**
 * What the first view will need, fetched while the page still asks who looks: each part on its own is quick, but one
 * after the other they are what a person waits for.
 */

import { beginReview } from "../review/diff/ahead";
import { loadMonaco } from "../review/monaco/load";
import type { Route, Tab } from "./routes";

/** Which tabs show an agent's work, and whether they do so in the editor. */
const REVIEWS: Partial<Record<Tab, { editor: boolean }>> = {
  diff: { editor: true },
  files: { editor: true },
  changes: { editor: false },
  commits: { editor: true },
};

/** Fetches the code of the view that an address means, and begins its first questions once `met` says who looks. */
export function fetchAhead(here: Route, met: Promise<unknown>): void {
  if (here.kind !== "agent") return;
  const { constellation, agent, tab, query } = here;
  const review = REVIEWS[tab];
  if (!review) return;
  // The questions go first: to take the editor's code in keeps the page busy. Who looks never fails, it is said.
  if (tab === "diff") void met.then(() => beginReview(constellation, agent, query));
  // Whatever fails here fails again where it is needed, and is told there.
  import("../review/index").then(({ fetchTab }) => fetchTab(tab)).catch(() => undefined);
  if (review.editor) loadMonaco().catch(() => undefined);
}
