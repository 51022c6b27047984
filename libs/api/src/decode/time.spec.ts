import { utcOf } from './time.ts';

it.each([
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05', ''],
  ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05', '.123456789'],
  ['2026-01-02T03:04:05.5+02:00', '2026-01-02T01:04:05', '.5'],
  ['2024-02-29T23:30:00-01:00', '2024-03-01T00:30:00', ''],
])('%s is %s%s', (text, seconds, fraction) => expect(utcOf(text)).toEqual({ seconds, fraction }));

it.each([
  ['yesterday', ' as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  ['2026', ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "-"'],
  ['2026-01-02', ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  ['2026-01-02 03:04:05Z', ' as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T"'],
  ['2026-01-02T03:04:05', ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'],
  ['2026-01-02T03:04:05 02:00', ' as "2006-01-02T15:04:05Z07:00": cannot parse " 02:00" as "Z07:00"'],
  ['2026-1-02T03:04:05Z', ' as "2006-01-02T15:04:05Z07:00": cannot parse "1-02T03:04:05Z" as "01"'],
  ['2026-13-02T03:04:05Z', ': month out of range'],
  ['2026-00-02T03:04:05Z', ': month out of range'],
  ['2026-02-30T03:04:05Z', ': day out of range'],
  ['2026-02-30T03:04:05+01:00', ': day out of range'],
  ['2026-01-00T03:04:05Z', ': day out of range'],
  ['2026-01-02T24:00:00Z', ': hour out of range'],
  ['2026-01-02T03:60:05Z', ': minute out of range'],
  ['2026-01-02T03:04:60Z', ': second out of range'],
  ['2026-01-02T03:04:05+99:00', ': time zone offset hour out of range'],
  ['2026-01-02T03:04:05Zulu', ': extra text: "ulu"'],
])('%s is no time%s', (text, why) => expect(() => utcOf(text)).toThrow(`parsing time ${JSON.stringify(text)}${why}`));
