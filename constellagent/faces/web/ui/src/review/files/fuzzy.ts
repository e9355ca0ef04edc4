/** Quick open: which paths fit a few typed letters, the best first. Pure, and quick for 50,000 paths. */

/** A path that fits, and where its letters are. */
export interface Fit {
  path: string;
  score: number;
  /** Indexes into the path, rising. */
  places: number[];
}

const IN_A_ROW = 8;
const AT_A_START = 7;
const IN_THE_NAME = 4;
const EXACT_CASE = 1;
const GAP = 0.15;

/** A word of the query, ready to be looked for. */
interface Wanted {
  low: string;
  typed: string;
}

/** Returns the paths that hold all typed letters in their order, the best first, at most so many. */
export function fits(paths: readonly string[], typed: string, most = 50): Fit[] {
  const low = typed.replaceAll(/\s+/g, "").toLowerCase();
  if (low === "") return [];
  const wanted = { low, typed: typed.replaceAll(/\s+/g, "") };
  const found: Fit[] = [];
  for (const path of paths) {
    const fit = fitOf(path, wanted);
    if (!fit) continue;
    const worst = found[found.length - 1];
    if (found.length >= most && worst && !before(fit, worst)) continue;
    insert(found, fit);
    if (found.length > most) found.pop();
  }
  return found;
}

function insert(found: Fit[], fit: Fit): void {
  let from = 0;
  let to = found.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const there = found[middle];
    if (there && before(fit, there)) to = middle;
    else from = middle + 1;
  }
  found.splice(from, 0, fit);
}

function before(one: Fit, other: Fit): boolean {
  if (one.score !== other.score) return one.score > other.score;
  if (one.path.length !== other.path.length) return one.path.length < other.path.length;
  return one.path < other.path;
}

/** Tries the file's name alone first, then the whole path; both from the end, so that the last letters are near. */
function fitOf(path: string, wanted: Wanted): Fit | undefined {
  const low = path.toLowerCase();
  if (low.length !== path.length) return fitIn(path, path, { low: wanted.typed, typed: wanted.typed }, 0);
  const name = path.lastIndexOf("/") + 1;
  return fitIn(path, low, wanted, name) ?? fitIn(path, low, wanted, 0);
}

function fitIn(path: string, low: string, wanted: Wanted, from: number): Fit | undefined {
  const whole = low.indexOf(wanted.low, from);
  if (whole >= 0) return scored(path, wanted, run(whole, wanted.low.length));
  let at = from;
  for (const letter of wanted.low) {
    at = low.indexOf(letter, at);
    if (at < 0) return undefined;
    at += letter.length;
  }
  const places: number[] = [];
  let end = at;
  for (let letter = wanted.low.length - 1; letter >= 0; letter -= 1) {
    end = low.lastIndexOf(wanted.low.charAt(letter), end - 1);
    places.unshift(end);
  }
  return scored(path, wanted, places);
}

function run(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

function scored(path: string, wanted: Wanted, places: number[]): Fit {
  const name = path.lastIndexOf("/") + 1;
  let score = 0;
  let last = -2;
  places.forEach((place, index) => {
    if (place === last + 1) score += IN_A_ROW;
    else if (last >= 0) score -= Math.min(6, (place - last - 1) * GAP);
    if (startsWord(path, place)) score += AT_A_START;
    if (place >= name) score += IN_THE_NAME;
    if (path.charAt(place) === wanted.typed.charAt(index)) score += EXACT_CASE;
    last = place;
  });
  return { path, score: score - path.length * 0.02, places };
}

/** Says whether a word begins here: after a sign that parts words, or with a capital after a small letter. */
function startsWord(path: string, place: number): boolean {
  if (place === 0) return true;
  const previous = path.charAt(place - 1);
  if ("/._- ".includes(previous)) return true;
  const here = path.charAt(place);
  return previous === previous.toLowerCase() && here !== here.toLowerCase();
}
