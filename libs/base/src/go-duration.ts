/** Go's `time.Duration.String`: `1h0m0s`, `5m0s`, `1.5s`, `0s`. */
export function goDuration(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  return `${hours > 0 ? `${hours}h` : ''}${ms >= 60_000 ? `${minutes}m` : ''}${seconds}s`;
}
