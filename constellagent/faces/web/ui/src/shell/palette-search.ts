/** How the palette finds: the letters of what is typed, in their order, best matches first. */

export interface Found<T> {
  readonly item: T;
  readonly score: number;
  /** Where in the text the typed letters stand. */
  readonly places: readonly number[];
}

/** What an item is found by: its name first, and what stands beside it where the name does not fit. */
export interface Words {
  readonly name: string;
  readonly beside: string;
}

const BESIDE = 10;

/** Returns the items that hold the typed letters in order, best first, at most `most`. */
export function search<T>(
  items: readonly T[],
  typed: string,
  words: (item: T) => Words,
  most: number,
): Found<T>[] {
  const letters = typed.toLowerCase().replace(/\s+/g, "");
  if (letters === "") return plainest(items, words).slice(0, most);
  const found: Found<T>[] = [];
  for (const item of items) {
    const { name, beside } = words(item);
    const hit = score(name, letters) ?? score(`${name} ${beside}`, letters);
    if (!hit) continue;
    const aside = hit.places.some((place) => place >= name.length) ? BESIDE : 0;
    found.push({ item, score: hit.score - aside, places: hit.places });
  }
  return found.sort((one, other) => other.score - one.score).slice(0, most);
}

/** Returns all items, those of one word first: agents and places before what is done with them. */
function plainest<T>(items: readonly T[], words: (item: T) => Words): Found<T>[] {
  const length = (item: T) => words(item).name.split(" ").length;
  const sorted = items.toSorted((one, other) => length(one) - length(other));
  return sorted.map((item) => ({ item, score: 0, places: [] }));
}

/** Returns how well letters fit a text: whole words and runs of letters are worth more; null where they do not. */
export function score(text: string, letters: string): { score: number; places: number[] } | null {
  const lower = text.toLowerCase();
  return (
    along(lower, letters, best) ?? along(lower, letters, (whole, letter, from) => whole.indexOf(letter, from))
  );
}

type Choose = (text: string, letter: string, from: number, last: number | undefined) => number;

function along(lower: string, letters: string, choose: Choose): { score: number; places: number[] } | null {
  const places: number[] = [];
  let total = 0;
  let from = 0;
  for (const letter of letters) {
    const next = choose(lower, letter, from, places.at(-1));
    if (next < 0) return null;
    total += worth(lower, next, places.at(-1));
    places.push(next);
    from = next + 1;
  }
  return { score: total - lower.length * 0.01, places };
}

/** Prefers the letter right after the last one, then the beginning of a word, then the nearest. */
function best(text: string, letter: string, from: number, last: number | undefined): number {
  if (last !== undefined && text[last + 1] === letter) return last + 1;
  for (let at = text.indexOf(letter, from); at >= 0; at = text.indexOf(letter, at + 1)) {
    if (startsWord(text, at)) return at;
  }
  return text.indexOf(letter, from);
}

function worth(text: string, at: number, last: number | undefined): number {
  if (last !== undefined && at === last + 1) return 5;
  return startsWord(text, at) ? 4 : 1;
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? "");
}
