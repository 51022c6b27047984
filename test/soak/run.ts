// npm run soak [-- --minutes N]: pods, config maps, watches, logs and execs that come and go. Prints what the processes and the machine hold
// before and after; exits with 1 when something has grown. deploy/bootstrap/soak.mjs starts the cluster and removes it.
import { parseArgs } from 'node:util';
import { agent, api, until } from '../bench/api.ts';
import { census } from './census.ts';
import { type Census, growth } from './flat.ts';
import { loads } from './loads.ts';

const path = '/api/v1/namespaces/soak';
/** Until connections have ended, nodes have removed what is over, and idle processes have given their memory back. */
const restMs = 75_000;

const { minutes } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } }).values;
const durationMs = Number(minutes) * 60_000;
if (!(durationMs > 0)) throw new Error(`--minutes ${minutes}: a number above 0 is wanted`);

// A quarter of the time to warm up: what is needed once is there then, and what is kept for each round is not.
await load(durationMs / 4);
const before = await rested();
await load((durationMs * 3) / 4);
const after = await rested();
process.stdout.write('\n| what | before | after |\n|---|---|---|\n');
for (const [what, { value }] of Object.entries(before)) process.stdout.write(`| ${what} | ${value} | ${after[what]?.value ?? 'gone'} |\n`);
const grown = growth(before, after);
process.stdout.write(grown.length === 0 ? '\nall flat\n' : `\nnot flat:\n${grown.map((line) => `  ${line}\n`).join('')}`);
agent.destroy();
process.exitCode = grown.length === 0 ? 0 : 1;

async function load(forMs: number): Promise<void> {
  const isThere = (what: string): Promise<boolean> =>
    api('GET', what).then(
      () => true,
      () => false,
    );
  await api('POST', '/api/v1/namespaces', { metadata: { name: 'soak' } });
  await until('the default service account', () => isThere(`${path}/serviceaccounts/default`));
  const end = performance.now() + forMs;
  const rounds = await Promise.all(
    Object.entries(loads).map(async ([what, { atATime, round }]) => {
      let count = 0;
      const worker = async (n: number): Promise<void> => {
        for (; performance.now() < end; count++) await round(path, `c${n}-${count}`);
      };
      await Promise.all(Array.from({ length: atATime }, (_, n) => worker(n)));
      return `${count} ${what}`;
    }),
  );
  process.stdout.write(`${(forMs / 1000).toFixed(0)} s: ${rounds.join(', ')}\n`);
  await api('DELETE', path);
  await until('the namespace to be gone', async () => !(await isThere(path)));
}

async function rested(): Promise<Census> {
  agent.destroy();
  await new Promise((resolve) => setTimeout(resolve, restMs));
  return census();
}
