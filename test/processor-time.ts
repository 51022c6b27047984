/**
 * What a piece of work costs, in processor time of this thread: other processes of the machine do not count. A slower machine, or one
 * whose cores others heat, takes longer for everything; limits grow with it (`slowness`), so that a test says the same everywhere.
 */

/** What the yardstick takes on the machine on which the limits were set, with nothing beside it. */
const yardstickMs = 40;

const members = `{${Array.from({ length: 100_000 }, (_, i) => `"key${i}":"value"`).join(',')}}`;

/** Milliseconds that this thread has computed so far. */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** How many times longer a piece of work that is always the same takes here and now; never below 1. */
export function slowness(): number {
  const times = Array.from({ length: 3 }, () => {
    const before = threadMs();
    JSON.parse(members);
    return threadMs() - before;
  });
  return Math.max(1, Math.min(...times) / yardstickMs);
}
