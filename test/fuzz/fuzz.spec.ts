import { describe, expect, it } from '@jest/globals';
import { fuzz } from './fuzz.ts';
import { targets } from './targets/index.ts';

/** Set by `npm run fuzz`; without it every run of `npm test` feeds the same inputs. */
const { FUZZ_MINUTES, FUZZ_SEED, FUZZ_INPUTS, FUZZ_TARGETS } = process.env;
const seed = Number(FUZZ_SEED ?? 1);
const inputs = Number(FUZZ_INPUTS ?? 20_000);
const chosen = targets.filter(({ name }) => !FUZZ_TARGETS || FUZZ_TARGETS.split(',').includes(name));
const shares = chosen.reduce((sum, { share }) => sum + share, 0);
const minutes = FUZZ_MINUTES === undefined ? undefined : Number(FUZZ_MINUTES) / chosen.length;
/** A hundred milliseconds is the aim, to which `npm run fuzz` holds; a test run has other work beside it, and only has to see what grows. */
const sliceLimitMs = minutes === undefined ? 250 : 100;
const patienceMs = 60_000 * (10 + (minutes ?? 0));

describe('what strangers send', () => {
  it.each(chosen.map((target) => [target.name, target] as const))(
    '%s: no error of the server, no stall, no memory kept, nothing half written',
    async (_name, target) => {
      const share = Math.ceil((inputs * target.share) / shares);
      const { fed, findings } = await fuzz(target, { inputs: share, minutes, seed, sliceLimitMs });
      process.stderr.write(`${target.name}: ${fed} inputs, ${findings.length} findings\n`);
      expect(findings).toEqual([]);
      expect(fed).toBeGreaterThanOrEqual(minutes === undefined ? share : 1);
    },
    patienceMs,
  );
});
