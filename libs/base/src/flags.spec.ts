import { durationFlag, FlagError, fileFlag, listFlag, numberFlag, portFlag, readFlag, requiredFlag } from './flags.ts';

describe('flags', () => {
  it('splits lists and leaves out what is empty', () => {
    expect([listFlag('a, b,,c'), listFlag('')]).toEqual([['a', 'b', 'c'], []]);
  });

  it.each(['0', '65536', '80a', '-1', '', '1e3'])('refuses %j as a port and names the flag', (text) => {
    expect(() => portFlag('secure-port', text)).toThrow(new FlagError(`--secure-port ${text}: not a port number`));
  });

  it.each([
    ['0', 0],
    ['40s', 40_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['2m0s', 120_000],
  ])('reads the duration %s', (text, ms) => expect(durationFlag('f', text)).toBe(ms));

  it.each(['', '40', '-1s', 's', '1d', '1s2', '1 s'])('refuses the duration %j', (text) =>
    expect(() => durationFlag('f', text)).toThrow(new FlagError(`--f ${text}: not a duration, such as 40s or 1h30m`)),
  );

  it('keeps numbers within their bounds', () => {
    expect(numberFlag('f', '85', { to: 100 })).toBe(85);
    for (const text of ['101', '-1', '1.5', '', 'x'])
      expect(() => numberFlag('f', text, { to: 100 })).toThrow(/--f .*not a number from 0 to 100/);
  });

  it('names the flag whose text cannot be read', () => {
    const read = (): never => {
      throw new Error('too odd');
    };
    expect(() => readFlag('f', 'x', read)).toThrow('--f x: too odd');
  });

  it('names the flag that is missing, and the file that cannot be read', async () => {
    expect(() => requiredFlag('server', undefined)).toThrow('--server is required');
    await expect(fileFlag('ca-file', '/nowhere/ca.crt')).rejects.toThrow('--ca-file /nowhere/ca.crt: ENOENT');
  });
});
