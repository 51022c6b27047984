import { SingleFlight } from './single-flight.ts';

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (err: unknown) => void } {
  return Promise.withResolvers<T>();
}

describe('single flight', () => {
  it('one call for all who come while it runs', async () => {
    const flights = new SingleFlight<string, number>();
    const { promise, resolve } = deferred<number>();
    let calls = 0;
    const task = (): Promise<number> => {
      calls++;
      return promise;
    };
    const all = [flights.run('a', task), flights.run('a', task), flights.run('a', task)];
    resolve(7);
    expect([await Promise.all(all), calls]).toEqual([[7, 7, 7], 1]);
    await flights.run('a', task);
    expect(calls).toBe(2);
  });

  it('a failure is everybody’s', async () => {
    const flights = new SingleFlight<string, number>();
    const { promise, reject } = deferred<number>();
    const all = [flights.run('a', () => promise), flights.run('a', async () => 1)].map((result) => result.catch((err: unknown) => err));
    reject('broken');
    expect(await Promise.all(all)).toEqual(['broken', 'broken']);
  });

  it('who waited for a call that was given up takes over, and can give up alone', async () => {
    const flights = new SingleFlight<string, number>();
    const [first, second] = [new AbortController(), new AbortController()];
    const { promise, reject } = deferred<number>();
    const leading = flights.run('a', () => promise, first.signal).catch((err: unknown) => err);
    const impatient = flights.run('a', async () => 1, second.signal).catch((err: unknown) => err);
    const patient = flights.run('a', async () => 2);
    second.abort('mine');
    expect(await impatient).toBe('mine');
    first.abort('theirs');
    reject('theirs');
    expect([await leading, await patient]).toEqual(['theirs', 2]);
  });
});
