/**
 * Several parts that each take in the versions of one resource, in order: `report` hears how far all of them are. Answers how each of them
 * says what it has taken in.
 */
export function lowestOf(parts: number, report: (resourceVersion: string) => void): ((resourceVersion: string) => void)[] {
  const versions = Array.from({ length: parts }, () => '');
  let reported = '';
  return versions.map((_none, i) => (resourceVersion: string) => {
    versions[i] = resourceVersion;
    if (versions.includes('')) return;
    const lowest = versions.reduce((a, b) => (BigInt(a) <= BigInt(b) ? a : b));
    if (lowest === reported) return;
    reported = lowest;
    report(lowest);
  });
}
