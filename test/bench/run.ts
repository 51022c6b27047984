// npm run bench -- [build pod-start claims scale jobs writes memory start dns services engine hour ingress policies registry store unpack]: measures the
// running cluster (BERTH_HOME) and prints a table.
import { agent } from './api.ts';
import { build } from './build.ts';
import { podStartWithClaim } from './claims.ts';
import { dns } from './dns.ts';
import { engine } from './engine.ts';
import { hour } from './hour.ts';
import { ingress } from './ingress.ts';
import { jobs } from './jobs.ts';
import { memory } from './memory.ts';
import { podStart } from './pod-start.ts';
import { policyProgramming } from './policies.ts';
import { registry } from './registry.ts';
import { scale } from './scale.ts';
import { services } from './services.ts';
import { start } from './start.ts';
import { store } from './store.ts';
import { unpack } from './unpack.ts';
import { writes } from './writes.ts';

export interface Row {
  what: string;
  value: string;
  peer?: string | undefined;
  /** Own figure by the peer's. */
  ratio?: number | undefined;
}

const benches: Record<string, () => Promise<Row[]>> = {
  claims: podStartWithClaim,
  dns,
  jobs,
  memory,
  'pod-start': podStart,
  scale,
  services,
  start,
  writes,
};
/** Takes minutes, leaves a server that has been through much, or fills the disk for a while: measured when it is asked for. */
const onRequest: Record<string, () => Promise<Row[]>> = {
  engine,
  build,
  hour,
  ingress,
  policies: policyProgramming,
  registry,
  store,
  unpack,
};
const wanted = process.argv.slice(2);
process.stdout.write('| what | measured | peer in the same run | ratio |\n|---|---|---|---|\n');
const chosen = wanted.length > 0 ? wanted.map((name) => [name, { ...benches, ...onRequest }[name]] as const) : Object.entries(benches);
for (const [name, bench] of chosen) {
  if (!bench) throw new Error(`there is no benchmark ${name}`);
  for (const { what, value, peer, ratio } of await bench()) {
    process.stdout.write(`| ${what} | ${value} | ${peer ?? ''} | ${ratio?.toFixed(2) ?? ''} |\n`);
  }
}
agent.destroy();
