import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '#base';
import { buildImage } from '#builder';
import { CrunBuildRunner, openImages } from '#runtime';
import { silentLogger } from '#telemetry';
import { percentile, until } from './api.ts';
import { withDocker } from './docker.ts';
import type { Row } from './run.ts';

const files = 2000;
const fileBytes = 100 * 1024;
const rounds = 5;
/** Of the registry that takes what is pushed, a process of its own. */
const port = 15_999;
/** Its layers are others each time: what a registry has is not pushed again. */
const tagOf = (round: number): string => `127.0.0.1:${port}/bench-${round}:v1`;

/** Seconds of each round. */
interface Times {
  build: number[];
  cached: number[];
  push: number[];
  copy: number[];
}

/** One layer of 200 MB in 2,001 files: built, built again from the cache, and pushed to a registry of this process. Docker's classic builder beside it. */
export async function build(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-build-'));
  try {
    const context = join(root, 'context');
    await fill(context);
    const own = await withRegistry(join(root, 'registry'), () => ownTimes(root, context));
    const docker = await withRegistry(join(root, 'registry-of-docker'), () => dockerTimes(context));
    const row = (what: string, pick: (times: Times) => number): Row => {
      const peer = docker && pick(docker);
      const measured = pick(own);
      return {
        what,
        value: `${measured.toFixed(2)} s`,
        ...(peer !== undefined && { peer: `docker ${peer.toFixed(2)} s`, ratio: measured / peer }),
      };
    };
    return [
      row('build of a 200 MB layer', ({ build }) => percentile(build, 50)),
      row('the same from the cache', ({ cached }) => percentile(cached, 50)),
      row('build and push', ({ build, push }) => percentile(build, 50) + percentile(push, 50)),
      { what: 'cp -r of the same files', value: `${percentile(own.copy, 50).toFixed(2)} s` },
    ];
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Half random, half text: packs to about half, as programs do. */
async function fill(context: string): Promise<void> {
  await mkdir(join(context, 'data'), { recursive: true });
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY data /data\n');
  const text = Buffer.alloc(fileBytes / 2, 'the same text over and over ');
  await writeFile(join(context, 'data/last'), 'last');
  for (let i = 0; i < files; i++) await writeFile(join(context, `data/f${i}`), Buffer.concat([randomBytes(fileBytes / 2), text]));
}

async function ownTimes(root: string, context: string): Promise<Times> {
  const times: Times = { build: [], cached: [], push: [], copy: [] };
  for (let round = 0; round < rounds; round++) {
    const store = join(root, `own-${round}`);
    const opened = await openImages({ rootDir: store, logger: silentLogger });
    const runner = new CrunBuildRunner({ building: opened.building, workDir: join(store, 'runs') });
    const once = (): Promise<unknown> =>
      buildImage({
        contextDir: context,
        tags: [tagOf(round)],
        images: opened.images,
        building: opened.building,
        runner,
        cacheDir: join(store, 'cache'),
        output: () => undefined,
      });
    await timed(times.build, once);
    await timed(times.cached, once);
    await timed(times.push, () => opened.images.push(tagOf(round)));
    await timed(times.copy, () => cp(context, join(store, 'copy'), { recursive: true }));
    await rm(store, { recursive: true });
  }
  return times;
}

async function dockerTimes(context: string): Promise<Times | undefined> {
  return withDocker(
    async ({ docker }) => {
      const times: Times = { build: [], cached: [], push: [], copy: [] };
      for (let round = 0; round < rounds; round++) {
        const once = (...flags: string[]): Promise<string> => docker('build', '-q', '-t', tagOf(round), ...flags, context);
        await timed(times.build, () => once('--no-cache'));
        await timed(times.cached, () => once());
        await timed(times.push, () => docker('push', '-q', tagOf(round)));
        await docker('rmi', '-f', tagOf(round));
      }
      return times;
    },
    { ownNetwork: false },
  );
}

async function withRegistry<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const args = ['dist/apps/registry/src/main.js', '--root-dir', directory, '--port', String(port), '--metrics-port', String(port + 1)];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  try {
    await until('the registry', () =>
      fetch(`http://127.0.0.1:${port}/v2/`).then(
        () => true,
        () => false,
      ),
    );
    return await work();
  } finally {
    child.kill('SIGKILL');
  }
}

async function timed(into: number[], task: () => Promise<unknown>): Promise<void> {
  await mustRun(['sync']);
  const began = performance.now();
  await task();
  into.push((performance.now() - began) / 1000);
}
