type Interval = readonly [first: number, last: number];

/** Completion indexes as ordered intervals: what `status.completedIndexes` holds for a hundred thousand of them. Never changes. */
export class IndexSet {
  static readonly empty = new IndexSet([]);

  private constructor(private readonly intervals: readonly Interval[]) {}

  static of(indexes: Iterable<number>): IndexSet {
    return IndexSet.empty.with(IndexSet.ordered([...indexes].map((index) => [index, index] as const)));
  }

  /** `1,3-5,7`, without what is not below `completions`. What is no index is passed over: anybody may have written it. */
  static parse(text: string, completions: number): IndexSet {
    const intervals = text.split(',').flatMap((part): Interval[] => {
      const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      return first === '' || Number(first) >= completions ? [] : [[Number(first), Math.min(Number(last), completions - 1)]];
    });
    return IndexSet.ordered(intervals);
  }

  private static ordered(intervals: readonly Interval[]): IndexSet {
    const merged: [number, number][] = [];
    for (const [first, last] of intervals.toSorted((a, b) => a[0] - b[0])) {
      const previous = merged.at(-1);
      if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
      else merged.push([first, last]);
    }
    return new IndexSet(merged);
  }

  get size(): number {
    return this.intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    return this.intervals.some(([first, last]) => first <= index && index <= last);
  }

  with(other: IndexSet): IndexSet {
    return other.intervals.length === 0 ? this : IndexSet.ordered([...this.intervals, ...other.intervals]);
  }

  /** How many indexes are in both. */
  common(other: IndexSet): number {
    let count = 0;
    let [i, k] = [0, 0];
    for (let [a, b] = [this.intervals[i], other.intervals[k]]; a && b; [a, b] = [this.intervals[i], other.intervals[k]]) {
      count += Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]) + 1);
      if (a[1] <= b[1]) i++;
      if (b[1] <= a[1]) k++;
    }
    return count;
  }

  /** The first `count` indexes below `completions` that are not in the set. */
  missing(count: number, completions: number): number[] {
    const found: number[] = [];
    let next = 0;
    for (const [first, last] of [...this.intervals, [completions, completions] as const]) {
      for (; next < Math.min(first, completions) && found.length < count; next++) found.push(next);
      next = Math.max(next, last + 1);
    }
    return found;
  }

  /** Two neighbours are written apart: `1,2`, and `1-3`. */
  toString(): string {
    return this.intervals
      .map(([first, last]) => (first === last ? String(first) : `${first}${last === first + 1 ? ',' : '-'}${last}`))
      .join(',');
  }
}
