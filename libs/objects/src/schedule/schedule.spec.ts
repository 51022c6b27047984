import fc from 'fast-check';
import { CronError, parseCron } from './cron-expression.ts';
import { nextTime } from './next-time.ts';
import { isTimeZone, zonedTimestamp, zoneOffsetMs } from './time-zone.ts';

const after = (schedule: string, zone: string, from: string): string | undefined => {
  const next = nextTime(parseCron(schedule), zone, Date.parse(from));
  return next === undefined ? undefined : zonedTimestamp(zone, next);
};

describe('a cron schedule', () => {
  const wrong: [string, string][] = [
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['0 * * * * *', 'expected exactly 5 fields, found 6: [0 * * * * *]'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
    ['* * * foo *', 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'],
    [
      '99999999999999999999 * * * *',
      'failed to parse int from 99999999999999999999: strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
    ['@every 5d', 'failed to parse duration @every 5d: time: unknown unit "d" in duration "5d"'],
  ];
  it.each(wrong)('%j is none: %s', (text, message) => expect(() => parseCron(text)).toThrow(new CronError(message)));

  const times: [string, string, string, string | undefined][] = [
    ['* * * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
    ['* * * * *', 'UTC', '2026-01-01T00:00:59.999Z', '2026-01-01T00:01:00Z'],
    ['*/15 * * * *', 'UTC', '2026-01-01T00:16:00Z', '2026-01-01T00:30:00Z'],
    ['5/20 * * * *', 'UTC', '2026-01-01T00:26:00Z', '2026-01-01T00:45:00Z'],
    ['0 9-17/4 * * *', 'UTC', '2026-01-01T13:00:00Z', '2026-01-01T17:00:00Z'],
    ['1,2,50-52 * * * *', 'UTC', '2026-01-01T00:02:00Z', '2026-01-01T00:50:00Z'],
    ['0 0 ? JAN-mar/2 *', 'UTC', '2026-01-31T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['0 0 * * MON-fri', 'UTC', '2026-01-02T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['0 0 13 * 5', 'UTC', '2026-01-03T00:00:00Z', '2026-01-09T00:00:00Z'], // either field of days
    ['0 0 13 * 5', 'UTC', '2026-01-09T00:00:00Z', '2026-01-13T00:00:00Z'],
    ['0 0 */2 * 5', 'UTC', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'], // a step is no star
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 31 2 *', 'UTC', '2026-01-01T00:00:00Z', undefined],
    [', * * * *', 'UTC', '2026-01-01T00:00:00Z', undefined],
    ['@hourly', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'],
    ['@weekly', 'UTC', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
    ['@monthly', 'UTC', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'],
    ['@yearly', 'UTC', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['@every 1m30s', 'UTC', '2026-01-01T00:00:10.5Z', '2026-01-01T00:01:40Z'],
    ['@every 1ms', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'],
    ['0 0 * * *', 'Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00+05:30'],
    // New York: 02:00 to 03:00 of 8 March 2026 does not come.
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', '2026-03-09T02:30:00-04:00'],
    ['0 * * * *', 'America/New_York', '2026-03-08T06:00:00Z', '2026-03-08T03:00:00-04:00'],
    // 01:00 to 02:00 of 1 November 2026 comes twice.
    ['30 1 * * *', 'America/New_York', '2026-11-01T05:00:00Z', '2026-11-01T01:30:00-04:00'],
    ['30 1 * * *', 'America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T01:30:00-05:00'],
    ['30 1 * * *', 'America/New_York', '2026-11-01T06:30:00Z', '2026-11-02T01:30:00-05:00'],
    // Cairo: the day of 24 April 2026 begins at 01:00.
    ['0 0 24 4 *', 'Africa/Cairo', '2026-01-01T00:00:00Z', '2027-04-24T00:00:00+02:00'],
    ['0 1 24 4 *', 'Africa/Cairo', '2026-01-01T00:00:00Z', '2026-04-24T01:00:00+03:00'],
    // Lord Howe: clocks move by half an hour.
    ['15 2 * 10 *', 'Australia/Lord_Howe', '2026-10-03T12:00:00Z', '2026-10-05T02:15:00+11:00'],
  ];
  it.each(times)('%s in %s after %s comes at %s', (schedule, zone, from, want) => expect(after(schedule, zone, from)).toBe(want));

  it('comes at the first matching minute of the zone, whatever the clocks do', () => {
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Cairo', 'Asia/Kathmandu');
    const start = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) });
    fc.assert(
      fc.property(zones, start, fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }), (zone, from, minute, hour) => {
        const schedule = parseCron(`${minute} ${hour} * * *`);
        let want = Math.floor(from / 60_000) * 60_000 + 60_000;
        const matches = (): boolean => {
          const local = new Date(want + zoneOffsetMs(zone, want));
          return local.getUTCMinutes() === minute && local.getUTCHours() === hour;
        };
        while (!matches()) want += 60_000;
        expect(nextTime(schedule, zone, from)).toBe(want);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a time zone', () => {
  it.each([
    'UTC',
    'Europe/Berlin',
    'US/Eastern',
    'Etc/GMT+5',
    'America/Argentina/Buenos_Aires',
    'America/Port-au-Prince',
    'EST5EDT',
    'Zulu',
  ])('%s is one', (name) => expect(isTimeZone(name)).toBe(true));
  it.each([
    '',
    'Local',
    'local',
    'utc',
    'europe/berlin',
    'EUROPE/BERLIN',
    'PST',
    'IST',
    '+05:30',
    '+0530',
    'Mars/Base',
    'GMT+5',
    'SystemV/PST8',
    '../UTC',
  ])('%j is none', (name) => expect(isTimeZone(name)).toBe(false));
});
