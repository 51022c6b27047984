import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { repositoryPattern } from './pattern.ts';
import { bytes, duration } from './reader.ts';
import { noSettings, parseSettings } from './settings.ts';
import { WatchedSettings } from './watched-settings.ts';

const hash = '$2y$05$umPNLqrq1a.suRFCkmPELuSRIe/1A.VM6cPBUdVl2aQC0jJrZKA3q';

describe('settings', () => {
  it('may be empty', () => expect(parseSettings('# nothing yet\n')).toEqual(noSettings));

  it.each([
    ['a list', '[]', 'the file: must be an object'],
    ['no YAML', 'access: [', 'flow'],
    ['an unknown part', 'acess: {}', 'acess: there is no such setting'],
    ['an unknown word', 'access: { rule: [] }', 'access.rule: there is no such setting'],
    ['__proto__', '{ "access": { "__proto__": {} } }', 'access.__proto__: there is no such setting'],
    ['a password that is no hash', 'access: { users: { ann: s3cret } }', 'access.users.ann: must be the bcrypt hash of a password'],
    ['a user who is everybody', `access: { users: { anonymous: ${hash} } }`, "access.users.anonymous: 'anonymous' stands for several"],
    ['a user with a colon', `access: { users: { "a:b": ${hash} } }`, 'access.users.a:b: not a name of a user'],
    [
      'an unknown action',
      'access: { rules: [{ actions: [write] }] }',
      'access.rules[0].actions[0]: must be pull, push, delete, not "write"',
    ],
    ['an unknown group', 'access: { rules: [{ to: ["@team"] }] }', 'access.rules[0].to: there is no group @team'],
    ['a pattern that none is', 'access: { rules: [{ repositories: ["(a+)+"] }] }', 'access.rules[0].repositories[0]: must be the name of'],
    ['a mirror of no address', 'mirrors: [{ upstream: docker.io }]', 'mirrors[0].upstream: must be a URL of http or https'],
    [
      'half a login',
      'mirrors: [{ upstream: "https://a", username: b }]',
      'mirrors[0]: username and password (or passwordFile) belong together',
    ],
    ['a prefix that no name has', 'mirrors: [{ upstream: "https://a", prefix: A/ }]', 'mirrors[0].prefix: must be the beginning'],
    ['a realm with a password', 'access: { realm: "https://a:b@c" }', 'access.realm: must have no name and password in it'],
  ])('with %s are refused, and told where', (_what, text, message) => {
    expect(() => parseSettings(text)).toThrow(message);
  });

  it.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a/*', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['a/*', 'a', false],
    ['a/**', 'a/b/c', true],
    ['**', 'x/y', true],
    ['a.c', 'abc', false],
    ['*/app', 'team/app', true],
    ['{user}/**', 'ann/x', true],
    ['{user}/**', 'anna/x', false],
  ])('the pattern %s and %s: %s', (pattern, name, fits) => {
    expect(repositoryPattern(pattern, 'x').fits(name, 'ann')).toBe(fits);
  });

  it('a name with signs in it is no pattern', () => {
    expect(repositoryPattern('{user}/**', 'x').fits('anything/x', '.*')).toBe(false);
    expect(repositoryPattern('{user}/**', 'x').fits('/x')).toBe(false);
  });

  it.each([
    ['10', 10],
    [10, 10],
    ['1k', 1000],
    ['1.5Gi', 1.5 * 2 ** 30],
  ])('%s is %d bytes', (text, want) => expect(bytes(text, 'x')).toBe(want));
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
  ])('%s is %d ms', (text, want) => expect(duration(text, 'x')).toBe(want));
  it.each(['', '10', '-1s', '5 m'])('%j is no duration', (text) => expect(() => duration(text, 'x')).toThrow('x: must be a duration'));
});

describe('settings that are watched', () => {
  const clock = new ManualClock();
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-settings-'));
    file = join(directory, 'settings.yaml');
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('are those of the file when it is looked at next', async () => {
    await writeFile(file, '{}');
    const watched = await WatchedSettings.open(file, { clock, logger: silentLogger });
    await writeFile(file, 'access: { service: changed }');
    expect(await watched.current()).toEqual(noSettings);
    await clock.advance(1000);
    expect(await Promise.all([watched.current(), watched.current()])).toMatchObject([
      { access: { service: 'changed' } },
      { access: { service: 'changed' } },
    ]);
  });

  it('stay what they were when the file cannot be used, which is told once', async () => {
    await writeFile(file, 'access: { service: good }');
    const lines: string[] = [];
    const watched = await WatchedSettings.open(file, { clock, logger: pino({}, { write: (line: string) => void lines.push(line) }) });
    await writeFile(file, 'nonsense: 1');
    for (let times = 0; times < 2; times++) {
      await clock.advance(1000);
      expect(await watched.current()).toMatchObject({ access: { service: 'good' } });
    }
    expect(lines).toEqual([expect.stringContaining('nonsense: there is no such setting')]);
  });

  it('that cannot be used at the start are refused', async () => {
    await writeFile(file, 'nonsense: 1');
    await expect(WatchedSettings.open(file, { clock, logger: silentLogger })).rejects.toThrow('nonsense');
  });
});
