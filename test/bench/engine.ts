import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '#base';
import { home, percentile } from './api.ts';
import { withDocker } from './docker.ts';
import { type BenchImages, makeImages } from './engine-images.ts';
import { type Engine, dockerEngine, memoryOf, withContainerd, withPodman } from './engine-peers.ts';
import type { Row } from './run.ts';

/** Of what takes less than a second. */
const rounds = 20;
const containers = 50;
const concurrency = 8;

/**
 * Berth's engine beside Docker's, podman's and containerd's, in one run: each does the same in turns, by its own command line, client included. Peers
 * have roots and sockets of their own and are ended afterwards; what is not installed is left out, and said. The ratio is Berth's figure by dockerd's.
 */
export async function engine(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-engine-'));
  const [node = ''] = readdirSync(join(home, 'nodes'));
  const own = dockerEngine('berth', join(home, 'nodes', node, 'docker.sock'), { DOCKER_CONFIG: home });
  const images = await makeImages(root);
  const rows: Row[] = [];
  const missing: string[] = [];
  const with_ = async (peers: Engine[]): Promise<void> => {
    rows.push(...(await compare([own, ...peers], images)));
    rows.push(...(await whereAStartGoes(own.socket!, images.small)));
  };
  try {
    const docker = await withDocker(
      async ({ socket }) => {
        const peers = [dockerEngine('docker', socket)];
        const podman = await withPodman(root, async (engine) => {
          const ctr = await withContainerd(root, (containerd) => with_([...peers, engine, containerd]).then(() => true));
          if (!ctr) missing.push('containerd');
          return ctr ?? with_([...peers, engine]).then(() => true);
        });
        if (!podman) missing.push('podman');
        return podman ?? with_(peers).then(() => true);
      },
      { ownNetwork: false, bridge: true },
    );
    if (!docker) missing.push('dockerd');
    if (!docker) await with_([]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return [...rows, ...missing.map((name) => ({ what: `${name} is not installed: left out`, value: '' }))];
}

type Work = (engine: Engine, round: number) => Promise<unknown>;

interface Measure {
  what: string;
  rounds: number;
  work: Work;
  /** Before each round, not timed. */
  before?: Work;
  after?: Work;
  only?: (engine: Engine) => boolean;
}

async function compare(engines: readonly Engine[], images: BenchImages): Promise<Row[]> {
  for (const each of engines) await each.pull(images.small);
  const name = (round: number): string => `bench-${round}`;
  const hasAll = (engine: Engine): boolean => engine.name !== 'ctr';
  const start: Work = (engine, round) => engine.start(images.small, name(round));
  const remove: Work = (engine, round) => engine.remove(name(round));
  const rows: Row[] = [];
  const measures: Measure[] = [
    { what: 'run --rm --network none true', rounds, work: (engine) => engine.run(images.small, false) },
    { what: 'run --rm true, with a network', rounds, work: (engine) => engine.run(images.small, true), only: hasAll },
    { what: 'run -d', rounds, work: start, after: remove, only: hasAll },
    {
      what: 'exec true',
      rounds,
      before: (e, i) => (i === 0 ? start(e, -1) : undefined!),
      work: (engine) => engine.exec(name(-1)),
      only: hasAll,
    },
    { what: 'stop and remove', rounds, before: start, work: remove, only: hasAll },
    {
      what: `pull of a ${images.bigMB} MB layer of 2,001 files`,
      rounds: images.big.length,
      work: (engine, i) => engine.pull(images.big[i]!),
    },
    { what: 'pull of 40 layers', rounds: images.forty.length, work: (engine, i) => engine.pull(images.forty[i]!) },
  ];
  for (const measure of measures) rows.push(await measured(engines, measure));
  for (const each of engines.filter(hasAll)) await each.remove(name(-1));
  rows.push({ what: 'cp -r of the files of that layer', value: `${(await images.copyMs()).toFixed(0)} ms` });
  rows.push(...(await many(engines.filter(hasAll), images.small)));
  return rows;
}

/** In turns, so that what else the machine does is everybody's. */
async function measured(engines: readonly Engine[], { what, rounds: count, work, before, after, only }: Measure): Promise<Row> {
  const chosen = engines.filter((engine) => only?.(engine) ?? true);
  const times = new Map(chosen.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < count; round++) {
    for (const engine of chosen) {
      await before?.(engine, round);
      const began = performance.now();
      await work(engine, round);
      times.get(engine.name)!.push(performance.now() - began);
      await after?.(engine, round);
    }
  }
  const median = (name: string): number | undefined => times.get(name) && percentile(times.get(name)!, 50);
  return row(`${what}, median of ${count}`, median, chosen, 'ms');
}

function row(what: string, of: (name: string) => number | undefined, engines: readonly Engine[], unit: string): Row {
  const [own, docker] = [of('berth')!, of('docker')];
  const peers = engines.slice(1).map(({ name }) => `${name} ${of(name)!.toFixed(0)} ${unit}`);
  return { what, value: `${own.toFixed(0)} ${unit}`, peer: peers.join(', '), ...(docker !== undefined && { ratio: own / docker }) };
}

/** So many containers, so many of them at a time, until all run; and the memory of the engine with them. */
async function many(engines: readonly Engine[], image: string): Promise<Row[]> {
  const seconds = new Map<string, number>();
  const idle = new Map<string, number>();
  const busy = new Map<string, number>();
  for (const engine of engines) {
    idle.set(engine.name, memoryOf(engine));
    const todo = Array.from({ length: containers }, (_, i) => `many-${i}`);
    const began = performance.now();
    const client = async (): Promise<void> => {
      for (let name = todo.shift(); name !== undefined; name = todo.shift()) await engine.start(image, name);
    };
    await Promise.all(Array.from({ length: concurrency }, client));
    seconds.set(engine.name, performance.now() - began);
    busy.set(engine.name, memoryOf(engine));
    for (let i = 0; i < containers; i++) await engine.remove(`many-${i}`);
  }
  return [
    row(`${containers} containers, ${concurrency} at a time`, (name) => seconds.get(name), engines, 'ms'),
    row('memory of the engine, idle (share of what is common)', (name) => idle.get(name), engines, 'MiB'),
    row(`memory of it and its monitors with ${containers} containers`, (name) => busy.get(name), engines, 'MiB'),
  ];
}

/** The steps of `docker run --rm true` at Berth's socket, each by itself, without a client. */
async function whereAStartGoes(socket: string, image: string): Promise<Row[]> {
  const steps = new Map<string, number[]>();
  const step = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    steps.set(what, [...(steps.get(what) ?? []), performance.now() - began]);
  };
  for (let round = 0; round < rounds; round++) {
    let id = '';
    const body = { Image: image, Cmd: ['/bin/true'] };
    await step('the client alone (docker --version)', () => mustRun(['docker', '--version']));
    await step('POST /containers/create', async () => (id = (await ask(socket, 'POST', '/containers/create', body)).Id));
    const ended = ask(socket, 'POST', `/containers/${id}/wait?condition=next-exit`);
    await step('POST /containers/ID/start', () => ask(socket, 'POST', `/containers/${id}/start`));
    await step('until its end is told', () => ended);
    await step('DELETE /containers/ID', () => ask(socket, 'DELETE', `/containers/${id}`));
  }
  return [...steps].map(([what, times]) => ({ what: `· ${what}`, value: `${percentile(times, 50).toFixed(1)} ms` }));
}

// oxlint-disable-next-line typescript/no-explicit-any -- a benchmark reads whatever fields it needs
function ask(socketPath: string, method: string, path: string, body?: object): Promise<any> {
  return new Promise((resolve, reject) => {
    const headers = body && { 'content-type': 'application/json' };
    const outgoing = request({ socketPath, method, path: `/v1.43${path}`, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => (response.statusCode! < 400 ? resolve(text && JSON.parse(text)) : reject(new Error(`${path}: ${text}`))));
    });
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}
