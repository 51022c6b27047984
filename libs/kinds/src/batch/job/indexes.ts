/** `0,3-5,7`: completion indexes as a status and a success policy write them, in order, below `completions`. */
export type ParsedIndexes = { total: number; intervals: readonly Interval[] } | { error: string };
type Interval = readonly [first: number, last: number];

/**
 * `1,3-5`: indexes below `completions`, going up (batch/v1 JobStatus, completedIndexes). What is wrong is answered in upstream's words.
 */
export function parseIndexes(text: string, completions: number): ParsedIndexes {
  const intervals: Interval[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = parseInterval(part, completions);
    if ('error' in interval) return interval;
    const previous = intervals.at(-1)?.[1];
    const [first] = interval.is;
    if (previous !== undefined && previous >= first) return { error: `non-increasing order, previous: ${previous}, current: ${first}` };
    intervals.push(interval.is);
  }
  return { total: intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0), intervals };
}

function parseInterval(text: string, completions: number): { is: Interval } | { error: string } {
  const limits = text.split('-');
  if (limits.length > 2) {
    const rule = "an index interval can have at most two parts separated by '-'";
    return { error: `the fragment ${JSON.stringify(text)} violates the requirement that ${rule}` };
  }
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit)) return { error: `cannot convert string to integer for index: ${JSON.stringify(limit)}` };
    if (Number(limit) >= completions) return { error: `too large index: ${JSON.stringify(limit)}` };
  }
  const [first = 0, last = first] = limits.map(Number);
  if (limits.length === 2 && first >= last) return { error: `non-increasing order, previous: ${first}, current: ${last}` };
  return { is: [first, last] };
}

/** An index that both have; undefined when there is none, or when one of the texts is wrong, which is blamed elsewhere. */
export function overlap(one: string, other: string, completions: number): number | undefined {
  const [a, b] = [parseIndexes(one, completions), parseIndexes(other, completions)];
  if ('error' in a || 'error' in b) return undefined;
  let [i, k] = [0, 0];
  for (let [x, y] = [a.intervals[i], b.intervals[k]]; x && y; [x, y] = [a.intervals[i], b.intervals[k]]) {
    if (x[0] <= y[1] && y[0] <= x[1]) return Math.max(x[0], y[0]);
    if (x[0] <= y[0]) i++;
    else k++;
  }
  return undefined;
}
