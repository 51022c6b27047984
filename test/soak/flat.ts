/** What is held, by its name; `slack`: by how much it may differ between two looks at the same state. */
export type Census = Record<string, { value: number; slack: number }>;

/** What has grown by more than its slack, or was not there to be compared. */
export function growth(before: Census, after: Census): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((what) => {
    const [old, now] = [before[what], after[what]];
    if (!old || !now) return [`${what}: ${old?.value ?? 'none'} before, ${now?.value ?? 'none'} after`];
    const grown = now.value - old.value;
    return grown <= now.slack ? [] : [`${what}: ${old.value} before, ${now.value} after, ${now.slack} more would be flat`];
  });
}
