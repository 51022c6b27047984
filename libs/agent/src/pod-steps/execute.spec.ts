import type { ContainerRuntime } from '#runtime/containers.contract';
import { execute } from './execute.ts';

describe('a command in a container', () => {
  const printing = (exitCode: number, out: string, err = ''): Pick<ContainerRuntime, 'exec'> => ({
    exec: async (_id, _process, { stdout, stderr }) => {
      stdout?.write(out);
      stderr?.write(err);
      return { exitCode };
    },
  });
  const run = (runtime: Pick<ContainerRuntime, 'exec'>, signal = new AbortController().signal) =>
    execute(runtime, 'id', { args: ['a'], signal });

  it.each([
    ['what it printed, to wherever', printing(0, 'out ', 'err'), { exitCode: 0, output: 'out err' }],
    ['how it ended', printing(3, ''), { exitCode: 3, output: '' }],
    [
      'no more than 10 KiB',
      printing(0, 'x'.repeat(10_000), 'y'.repeat(10_000)),
      { exitCode: 0, output: 'x'.repeat(10_000) + 'y'.repeat(240) },
    ],
  ])('tells %s', async (_what, runtime, want) => expect(await run(runtime)).toEqual(want));

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const runtime: Pick<ContainerRuntime, 'exec'> = {
      exec: (_id, _process, { signal }) =>
        new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(new Error('killed')), { once: true })),
    };
    const result = run(runtime, stop.signal);
    stop.abort();
    await expect(result).rejects.toThrow('killed');
  });
});
