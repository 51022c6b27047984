/** RFC 3339 in UTC without fraction, as meta/v1 Time is written. What is written within one second shares its text. */
export function timestamp(date: Date): string {
  const second = Math.floor(date.getTime() / 1000);
  if (second !== latest.second) latest = { second, text: `${date.toISOString().slice(0, 19)}Z` };
  return latest.text;
}
let latest = { second: Number.NaN, text: '' };

/** As meta/v1 MicroTime is written: Leases count in it. */
export function microTimestamp(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
