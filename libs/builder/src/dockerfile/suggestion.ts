/** ` (did you mean X?)` when one of the names is at most two changes away; nothing when none is. */
export function suggestion(text: string, names: readonly string[]): string {
  let best = '';
  let least = 3;
  for (const name of names) {
    const changes = distance(text.toLowerCase(), name.toLowerCase());
    if (changes < least) [best, least] = [name, changes];
  }
  return best === '' ? '' : ` (did you mean ${best}?)`;
}

/** Levenshtein's, row by row. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3; // more than anybody asks for
  let row = Array.from({ length: b.length + 1 }, (_none, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1)!;
}
