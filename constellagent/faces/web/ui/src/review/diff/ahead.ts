/** A review that is begun while the rest of the page still finds out who looks: the tab that shows it takes it over. */

import { prefs } from "./prefs";
import { rangeOf } from "./range";
import { Review } from "./session";

let begun: Review | null = null;

/** Begins to ask for the changes that an address is about, and for the file that it names or that comes first. */
export function beginReview(
  constellation: string,
  agent: string,
  query: Readonly<Record<string, string>>,
): void {
  begun = new Review(constellation, agent);
  begun.path.value = query.path ?? "";
  void begun.look(rangeOf(query), prefs.value.ignoreSpace);
}

/** Returns the review that was begun for the agent, once, else a new one. */
export function takeReview(constellation: string, agent: string): Review {
  const taken = begun;
  begun = null;
  const same = taken?.constellation === constellation && taken.agent === agent;
  return same ? taken : new Review(constellation, agent);
}
