import { FakeNode } from '../testing/fake-node.ts';
import { checkLogConfig, demandReadable, logDetails, logLimits } from './log-driver.ts';

it.each<[string, Record<string, string>, string]>([
  ['syslog', {}, "logger: no log driver named 'syslog' is registered"],
  ['json-file', { 'max-sise': '1m' }, "unknown log opt 'max-sise' for json-file log driver"],
  ['local', { labels: 'a' }, "unknown log opt 'labels' for local log driver"],
  ['json-file', { mode: 'sometimes' }, 'logger: logging mode not supported: sometimes'],
  ['json-file', { 'max-buffer-size': '1m' }, "logger: max-buffer-size option is only supported with 'mode=non-blocking'"],
])('refuses %s with %j', (Type, Config, message) => {
  expect(() => checkLogConfig({ Type, Config })).toThrow(expect.objectContaining({ status: 400, message }));
});

it.each<[string, Record<string, string>, object | undefined]>([
  ['json-file', {}, undefined],
  ['json-file', { 'max-size': '10k' }, { maxBytes: 10_000, files: 1, compress: false }],
  ['json-file', { 'max-size': '1.5MB', 'max-file': '3', compress: 'true' }, { maxBytes: 1_500_000, files: 3, compress: true }],
  ['local', {}, { maxBytes: 20_000_000, files: 5, compress: true }],
  ['local', { 'max-file': '1' }, { maxBytes: 20_000_000, files: 1, compress: false }],
])('%s with %j is limited to %j', (Type, Config, want) => expect(logLimits({ Type, Config })).toEqual(want));

it.each<[Record<string, string>, string]>([
  [{ 'max-size': 'big' }, "invalid size: 'big'"],
  [{ 'max-size': '0' }, 'max-size must be a positive number'],
  [{ 'max-size': '1m', 'max-file': '0' }, 'max-file cannot be less than 1'],
  [{ 'max-size': '1m', 'max-file': 'x' }, 'strconv.Atoi: parsing "x": invalid syntax'],
  [{ 'max-size': '1m', compress: 'true' }, 'compress cannot be true when max-file is less than 2 or max-size is not set'],
])('does not start with %j', (Config, why) => {
  const message = `failed to create task for container: failed to initialize logging driver: ${why}`;
  expect(() => logLimits({ Type: 'json-file', Config })).toThrow(expect.objectContaining({ status: 500, message }));
});

describe('of a container', () => {
  let node: FakeNode;
  beforeEach(async () => {
    node = await FakeNode.make();
  });
  afterEach(() => node.remove());

  it('details are what its options choose', async () => {
    const Config = { labels: 'a', 'labels-regex': '^c', env: 'X', tag: '{{.Name}}/{{.ImageName}}' };
    const record = await node.create(
      'one',
      { LogConfig: { Type: 'json-file', Config } },
      { Labels: { a: '1', b: '2', cc: '3 4' }, Env: ['X=y=z', 'Y=1'] },
    );
    expect(logDetails(record)).toBe('X=y%3Dz,a=1,cc=3%204,tag=one%2Fbb');
  });

  it('nothing is read of the driver none', async () => {
    const record = await node.create('one', { LogConfig: { Type: 'none' } });
    expect(() => demandReadable(record)).toThrow(
      expect.objectContaining({ status: 501, message: 'configured logging driver does not support reading' }),
    );
  });
});
