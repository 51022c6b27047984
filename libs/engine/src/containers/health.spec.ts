import { checkCommand, checkHealthcheck, judged, mergedCheck, waitMs } from './health.ts';
import type { Health } from './record.ts';

const second = 1e9;
const started = '2026-01-01T00:00:00.000Z';
const result = (ExitCode: number, atSecond = 60) => {
  const at = new Date(Date.parse(started) + atSecond * 1000).toISOString();
  return { Start: at, End: at, ExitCode, Output: String(ExitCode) };
};
const health = (Status: Health['Status'], FailingStreak = 0): Health => ({ Status, FailingStreak, Log: [] });

describe('what a result makes of the health', () => {
  it.each([
    { name: 'one success', from: health('starting'), code: 0, want: ['healthy', 0] },
    { name: 'a success after failures', from: health('unhealthy', 7), code: 0, want: ['healthy', 0] },
    { name: 'the first failure', from: health('healthy'), code: 1, want: ['healthy', 1] },
    { name: 'the third failure', from: health('healthy', 2), code: 1, want: ['unhealthy', 3] },
    { name: 'any other code', from: health('starting', 2), code: 2, want: ['unhealthy', 3] },
    { name: 'as many as it may', from: health('healthy', 3), code: -1, check: { Retries: 5 }, want: ['healthy', 4] },
    {
      name: 'one in the start period',
      from: health('starting', 2),
      code: 1,
      at: 9,
      check: { StartPeriod: 10 * second },
      want: ['starting', 2],
    },
    { name: 'one at its end', from: health('starting', 2), code: 1, at: 10, check: { StartPeriod: 10 * second }, want: ['unhealthy', 3] },
    {
      name: 'one in it after a success',
      from: health('healthy', 2),
      code: 1,
      at: 9,
      check: { StartPeriod: 10 * second },
      want: ['unhealthy', 3],
    },
  ])('$name', ({ from, code, at, check = {}, want }) => {
    const after = judged(from, result(code, at), check, started);
    expect([after.Status, after.FailingStreak, after.Log.length]).toEqual([...want, 1]);
  });

  it('keeps the last five', () => {
    const after = [1, 2, 3, 4, 5, 6].reduce((state, code) => judged(state, result(code), {}, started), health('starting'));
    expect(after.Log.map(({ Output }) => Output)).toEqual(['2', '3', '4', '5', '6']);
  });
});

it.each([
  { name: 'Docker’s interval', check: {}, want: 30_000 },
  { name: 'its own', check: { Interval: 2 * second }, want: 2000 },
  { name: 'that of starting', check: { StartPeriod: 10 * second }, want: 5000 },
  { name: 'its own of starting', check: { StartPeriod: 10 * second, StartInterval: second }, want: 1000 },
  { name: 'the usual one when it has started', status: 'healthy' as const, check: { StartPeriod: 10 * second }, want: 30_000 },
  { name: 'the usual one after the period', age: 10_000, check: { StartPeriod: 10 * second }, want: 30_000 },
])('waits for $name', ({ status, check, age = 0, want }) => expect(waitMs(check, status ?? 'starting', age)).toBe(want));

it.each([
  { name: 'the image’s', base: { Test: ['CMD', 'a'], Retries: 2 }, want: { Test: ['CMD', 'a'], Retries: 2 } },
  {
    name: 'the image’s test in the user’s time',
    own: { Test: [], Interval: 5 },
    base: { Test: ['CMD', 'a'], Interval: 4, Timeout: 3 },
    want: { Test: ['CMD', 'a'], Interval: 5, Timeout: 3 },
  },
  { name: 'none, as the user says', own: { Test: ['NONE'] }, base: { Test: ['CMD', 'a'] }, want: { Test: ['NONE'] } },
  { name: 'none at all', want: undefined },
])('runs $name', ({ own, base, want }) => expect(mergedCheck(own, base)).toEqual(want));

it.each([
  { test: ['CMD', 'curl', '-f', 'x'], want: ['curl', '-f', 'x'] },
  { test: ['CMD-SHELL', 'exit 1'], want: ['/bin/sh', '-c', 'exit 1'] },
  { test: ['CMD-SHELL', 'exit 1'], shell: ['/bin/ash', '-ec'], want: ['/bin/ash', '-ec', 'exit 1'] },
  { test: ['NONE'], want: undefined },
  { test: [], want: undefined },
])('$test is $want', ({ test, shell, want }) => expect(checkCommand({ Healthcheck: { Test: test }, Shell: shell })).toEqual(want));

it.each([
  { check: { Interval: 999_999 }, want: 'Interval in Healthcheck cannot be less than 1ms' },
  { check: { Timeout: -1 }, want: 'Timeout in Healthcheck cannot be less than 1ms' },
  { check: { StartPeriod: 1 }, want: 'StartPeriod in Healthcheck cannot be less than 1ms' },
  { check: { StartInterval: 1 }, want: 'StartInterval in Healthcheck cannot be less than 1ms' },
  { check: { Retries: -1 }, want: 'Retries in Healthcheck cannot be negative' },
])('$want', ({ check, want }) => expect(() => checkHealthcheck(check)).toThrow(want));
