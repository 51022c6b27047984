import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base';
import type { Part } from './parts.ts';
import { adoptPart, endProcess, runningPid, startPart, startTicks } from './process.ts';

let folder: string;
let part: Part;
const never = new AbortController().signal;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-process-'));
  part = {
    name: 'sleeper',
    command: ['sleep', '1000'],
    environment: {},
    pidFile: join(folder, 'sleeper.pid'),
    log: join(folder, 'sleeper.log'),
  };
});
afterEach(async () => {
  const pid = await runningPid(part);
  if (pid !== undefined) await endProcess(pid, 0, systemClock);
  await rm(folder, { recursive: true });
});

describe('the processes of the supervisor', () => {
  it('writes the process id, and finds the process by it', async () => {
    const running = await startPart(part);
    expect(await readFile(part.pidFile, 'utf8')).toBe(`${running.pid}\n`);
    expect(await runningPid(part)).toBe(running.pid);
  });

  it('tells how a process ended', async () => {
    const ended = await startPart({ ...part, command: ['sh', '-c', 'echo said; exit 3'] });
    expect(await ended.exited(never)).toEqual({ code: 3 });
    expect(await readFile(part.log, 'utf8')).toBe('said\n');
    expect(await runningPid(part)).toBeUndefined();
  });

  it('adopts what another supervisor started, and notices its end', async () => {
    const { pid } = await startPart(part);
    const adopted = await adoptPart(part, systemClock);
    expect(adopted).toMatchObject({ pid, adopted: true });
    const gone = adopted!.exited(never);
    await endProcess(pid, 1_000, systemClock);
    expect(await gone).toEqual({});
  });

  it('does not take another process for the one it started because the number is the same', async () => {
    const { pid } = await startPart(part);
    const startFile = part.pidFile.replace('.pid', '.start');
    await writeFile(startFile, '1\n');
    expect(await adoptPart(part, systemClock)).toBeUndefined();
    await writeFile(startFile, `${await startTicks(pid)}\n`);
  });

  it('kills what does not end when it is asked to', async () => {
    const { pid } = await startPart({ ...part, command: ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1000; done'] });
    while ((await readFile(part.log, 'utf8')) !== 'ready\n') await systemClock.sleep(5);
    await endProcess(pid, 50, systemClock);
    expect(await startTicks(pid)).toBeUndefined();
  });

  it('says which program could not be started', async () => {
    await expect(startPart({ ...part, command: ['no-such-program'] })).rejects.toThrow(
      'cannot start sleeper: spawn no-such-program ENOENT',
    );
  });
});
