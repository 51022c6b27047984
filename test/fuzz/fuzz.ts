import { seededRandom } from '#base/testing';
import { slowness, threadMs } from '../processor-time.ts';
import type { Budget, Finding, OpenTarget, Target } from './contract.ts';

/** No input may take more memory than this while it is dealt with. */
const peakLimitBytes = 256 << 20;
/** What may stay behind for good over a round. Caches of compiled schemas and the like are made in its first half. */
const growthLimitBytes = 48 << 20;
/** A target is opened anew after so many inputs, so that what it has rightly stored does not make each later one slower. */
const roundInputs = 1000;
const findingLimit = 10;

interface Cost {
  sliceMs: number;
  peakBytes: number;
  wrong: string | undefined;
}

/** Feeds a target until its budget is spent or it has been wrong too often. */
export async function fuzz(target: Target, { inputs, minutes, seed, sliceLimitMs }: Budget): Promise<{ fed: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  const until = minutes === undefined ? undefined : Date.now() + minutes * 60_000;
  let fed = 0;
  for (let round = 0; until === undefined ? fed < inputs : Date.now() < until; round++) {
    const count = until === undefined ? Math.min(roundInputs, inputs - fed) : roundInputs;
    const found = await fuzzRound(target, { seed: seed + round, count, until, sliceLimitMs });
    fed += found.fed;
    findings.push(...found.findings);
    if (findings.length >= findingLimit) break;
  }
  return { fed, findings };
}

async function fuzzRound(
  target: Target,
  { seed, count, until, sliceLimitMs }: { seed: number; count: number; until: number | undefined; sliceLimitMs: number },
): Promise<{ fed: number; findings: Finding[] }> {
  const random = seededRandom(seed);
  const open = await target.open();
  const findings: Finding[] = [];
  const found = (nth: number, what: string, input: string): void => void findings.push({ target: target.name, seed, nth, what, input });
  let fed = 0;
  let middleBytes = 0;
  try {
    for (; fed < count && findings.length < findingLimit && (until === undefined || Date.now() < until); fed++) {
      if (fed === count >> 1) middleBytes = keptBytes();
      const input = open.make(random);
      const wrong = await trouble(open, input, sliceLimitMs);
      if (wrong) found(fed, wrong, open.show(input));
    }
    const grownBytes = keptBytes() - middleBytes;
    if (fed === count && count === roundInputs && grownBytes > growthLimitBytes)
      found(fed, `${grownBytes >> 20} MiB stay behind`, 'the second half of the round');
  } finally {
    await open.close();
  }
  return { fed, findings };
}

/** An input that cost too much is fed again: a busy machine, or garbage that others have left, is no fault of its own. */
async function trouble(open: OpenTarget, input: unknown, limitMs: number): Promise<string | undefined> {
  let least = await costOf(open, input);
  if (!least.wrong && !isTooDear(least, limitMs)) return undefined;
  const slowLimitMs = limitMs * slowness();
  for (let again = 0; again < 4 && !least.wrong && isTooDear(least, slowLimitMs); again++) {
    globalThis.gc?.();
    const { sliceMs, peakBytes, wrong } = await costOf(open, input);
    least = { wrong, sliceMs: Math.min(least.sliceMs, sliceMs), peakBytes: Math.min(least.peakBytes, peakBytes) };
  }
  if (least.wrong) return least.wrong;
  if (least.sliceMs > slowLimitMs) return `the event loop was held for ${Math.round(least.sliceMs)} ms`;
  if (least.peakBytes > peakLimitBytes) return `${least.peakBytes >> 20} MiB of memory were taken`;
  return undefined;
}

const isTooDear = ({ sliceMs, peakBytes }: Cost, limitMs: number): boolean => sliceMs > limitMs || peakBytes > peakLimitBytes;

async function costOf(open: OpenTarget, input: unknown): Promise<Cost> {
  const before = process.memoryUsage.rss();
  const cost: Cost = { sliceMs: 0, peakBytes: 0, wrong: undefined };
  let done = false;
  let last = threadMs();
  // A turn of the loop at a time. The time between two is what one stretch of work has taken.
  const turn = (): void => {
    const now = threadMs();
    const slice = now - last;
    if (slice > cost.sliceMs) cost.sliceMs = slice;
    if (slice > 10) cost.peakBytes = Math.max(cost.peakBytes, process.memoryUsage.rss() - before);
    last = threadMs();
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    cost.wrong = await open.feed(input);
  } catch (err) {
    cost.wrong = `it threw ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`;
  }
  done = true;
  await new Promise((resolve) => setImmediate(resolve));
  return cost;
}

function keptBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
