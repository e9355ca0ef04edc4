/** The filter box above a tree: which paths stay for the words that were typed. */

/** Returns a test for paths: every word must be in the path, in any order; case counts only where it is typed. */
export function filter(typed: string): (path: string) => boolean {
  const words = typed.split(/\s+/).filter((word) => word !== "");
  const tests = words.map((word) => {
    const exact = word !== word.toLowerCase();
    return (path: string, low: string) => (exact ? path : low).includes(word);
  });
  return (path) => {
    const low = path.toLowerCase();
    return tests.every((test) => test(path, low));
  };
}
