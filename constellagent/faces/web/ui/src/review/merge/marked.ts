/** A text with git's conflict markers, cut into what is alike, ours, the common ancestor's and theirs. Pure. */

export type Whose = "both" | "base" | "ancestor" | "branch" | "marker";

export interface MarkedLine {
  whose: Whose;
  text: string;
  /** The line's number in the marked text, from 1. */
  number: number;
}

const AROUND = 3;

/** Returns the lines of a marked text, each with whose it is: the base's side comes first between markers. */
export function marked(text: string): MarkedLine[] {
  let whose: Exclude<Whose, "marker"> = "both";
  const lines = text.split(/\r\n|\r|\n/);
  if (lines[lines.length - 1] === "") lines.pop();
  return lines.map((line, index) => {
    const next = after(line, whose);
    const found: Whose = next === undefined ? whose : "marker";
    whose = next ?? whose;
    return { whose: found, text: line, number: index + 1 };
  });
}

/** Returns whose the lines behind a marker are, undefined for a line that is none here. */
function after(line: string, now: Exclude<Whose, "marker">): Exclude<Whose, "marker"> | undefined {
  if (/^<{7}( |$)/.test(line) && now === "both") return "base";
  if (/^\|{7}( |$)/.test(line) && now === "base") return "ancestor";
  if (/^={7}$/.test(line) && (now === "base" || now === "ancestor")) return "branch";
  return /^>{7}( |$)/.test(line) && now === "branch" ? "both" : undefined;
}

/** Returns the conflicts with some lines around them; `null` stands where lines were left out. */
export function conflicts(text: string, around = AROUND): (MarkedLine | null)[] {
  const lines = marked(text);
  const near = new Set<number>();
  lines.forEach((line, index) => {
    if (line.whose === "both") return;
    for (let at = index - around; at <= index + around; at += 1) near.add(at);
  });
  const found: (MarkedLine | null)[] = [];
  lines.forEach((line, index) => {
    if (near.has(index)) found.push(line);
    else if (found[found.length - 1] !== null) found.push(null);
  });
  return found;
}

/** Returns how many conflicts a text has. */
export function countOf(text: string): number {
  return marked(text).filter((line) => line.whose === "marker" && line.text.startsWith("<<<<<<<")).length;
}
