// npm run fuzz -- [--minutes N] [--seed S] [--inputs N] [--targets a,b]: more of what `npm test` does with a fixed seed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = new URL('../..', import.meta.url).pathname;
const text = { type: 'string' };
const { values } = parseArgs({ options: { minutes: text, seed: text, inputs: text, targets: text } });
const seed = values.seed ?? String(Math.floor(Date.now() / 1000));
process.stdout.write(`seed ${seed}\n`);
const settings = { FUZZ_SEED: seed, FUZZ_MINUTES: values.minutes, FUZZ_INPUTS: values.inputs, FUZZ_TARGETS: values.targets };
const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
const jest = [
  '--expose-gc',
  '--experimental-vm-modules',
  '--no-warnings',
  'node_modules/jest/bin/jest.js',
  '--config',
  'test/fuzz/jest.config.js',
];
const { status } = spawnSync(join(root, 'deploy/bin/node24'), jest, { cwd: root, stdio: 'inherit', env: { ...process.env, ...given } });
process.exit(status ?? 1);
