import { lasting, RunningWorkers, type Worker } from './worker.ts';

describe('workers', () => {
  function setUp() {
    const said: string[] = [];
    const workers = new RunningWorkers((worker, err) => void said.push(`${worker} failed: ${(err as Error).message}`));
    const lastingOne = (name: string): Worker =>
      lasting(name, { start: () => void said.push(`start ${name}`), stop: () => void said.push(`stop ${name}`) });
    return { said, workers, lastingOne };
  }

  it('begin one after the other and end in the reverse order', async () => {
    const { said, workers, lastingOne } = setUp();
    await workers.start([lastingOne('a'), lastingOne('b')]);
    await workers.start([lastingOne('c')]);
    await workers.stop();
    expect(said).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('wait for those before them', async () => {
    const { said, workers, lastingOne } = setUp();
    const slow = Promise.withResolvers<void>();
    const started = workers.start([{ ...lastingOne('a'), start: () => slow.promise }, lastingOne('b')]);
    await Promise.resolve();
    expect(said).toEqual([]);
    slow.resolve();
    await started;
    expect(said).toEqual(['start b']);
    await workers.stop();
  });

  it('end when what was under way has settled, before the next one is told to', async () => {
    const { said, workers, lastingOne } = setUp();
    const settled = Promise.withResolvers<void>();
    await workers.start([lastingOne('a'), { name: 'b', run: () => settled.promise }]);
    const stopped = workers.stop();
    await Promise.resolve();
    expect(said).toEqual(['start a']);
    settled.resolve();
    await stopped;
    expect(said).toEqual(['start a', 'stop a']);
  });

  it('begin no more once they are stopped, also in the middle', async () => {
    const { said, workers, lastingOne } = setUp();
    const waiting: Worker = {
      ...lastingOne('a'),
      start: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    };
    const started = workers.start([waiting, lastingOne('b')]);
    await workers.stop();
    await started;
    expect(said).toEqual(['stop a']);
  });

  it('tell of one that could not begin', async () => {
    const { said, workers, lastingOne } = setUp();
    const broken: Worker = { ...lastingOne('b'), start: () => Promise.reject(new Error('no')) };
    await expect(workers.start([lastingOne('a'), broken, lastingOne('c')])).rejects.toThrow('no');
    await workers.stop();
    expect(said).toEqual(['start a', 'stop a']);
  });

  it('tell of a defect in one of them, and can be stopped all the same', async () => {
    const { said, workers, lastingOne } = setUp();
    await workers.start([lastingOne('a'), { name: 'b', run: () => Promise.reject(new Error('no')) }]);
    await workers.stop();
    expect(said).toEqual(['start a', 'b failed: no', 'stop a']);
  });
});
