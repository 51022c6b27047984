import {
  durationFlag,
  featureGates,
  FlagError,
  fileFlag,
  fractionOf,
  listFlag,
  numberFlag,
  portFlag,
  readFlag,
  requiredFlag,
} from './flags.ts';

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

  it('knows which features are on', () => {
    expect([...featureGates('A=true,B=true,B=false', ['A', 'B'])]).toEqual(['A']);
    expect(() => featureGates('C=true', ['A'])).toThrow('--feature-gates: unrecognized feature gate: C');
    expect(() => featureGates('A=on', ['A'])).toThrow('--feature-gates: A=on: must be NAME=true or NAME=false');
  });

  it('keeps numbers within their bounds', () => {
    expect(numberFlag('f', '85', { to: 100 })).toBe(85);
    for (const text of ['101', '-1', '1.5', '', 'x'])
      expect(() => numberFlag('f', text, { to: 100 })).toThrow(/--f .*not a number from 0 to 100/);
  });

  it.each([
    ['1', 1],
    ['1/4', 0.25],
    ['0.5', 0.5],
    ['1.5/3', 0.5],
  ])('reads %s as a part of a whole', (text, part) => expect(fractionOf(text)).toBe(part));

  it.each(['', '0', '1/0', '4/3', '-1', '1/', '50%', 'all'])('refuses %j as a part of a whole', (text) =>
    expect(() => fractionOf(text)).toThrow('not a part of a whole, such as 1/3, 0.5 or 1'),
  );

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
