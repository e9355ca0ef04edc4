/** Which constellations a place shows: the one in the address, or all. */

import { type Constellation, findConstellation } from "../live/world";

/** Returns the constellation that an address names, or all where it names none. */
export function chosen(all: readonly Constellation[], key: string): readonly Constellation[] {
  if (key === "") return all;
  const one = findConstellation(key, all);
  return one ? [one] : [];
}
