import { BadValue } from './mismatch.ts';

const layout = '2006-01-02T15:04:05Z07:00';

type Element = [pattern: RegExp, name: string, range?: [what: string, least: number, most: number]];

/** What Go's `time.Parse` looks for in turn, and how it calls what is out of range. */
const elements: readonly Element[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01', ['month', 1, 12]],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d/, '15', ['hour', 0, 23]],
  [/^:/, ':'],
  [/^\d\d/, '04', ['minute', 0, 59]],
  [/^:/, ':'],
  [/^\d\d(?:\.\d+)?/, '05', ['second', 0, 59.999_999_999]],
  [/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00'],
];

/** A time in RFC 3339 as its UTC seconds, without `Z`, and its fraction with the point. Throws BadValue in the words of Go's `time.Parse`. */
export function utcOf(text: string): { seconds: string; fraction: string } {
  const [, local = '', fraction = '', zone = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const ms = Date.parse(`${local}${zone}`);
  // Date accepts the 31st of shorter months and rolls over; Go does not.
  if (Number.isNaN(ms) || new Date(Date.parse(`${local}Z`)).getUTCDate() !== Number(local.slice(8, 10))) {
    throw new BadValue(`parsing time ${JSON.stringify(text)}${whyNot(text)}`);
  }
  return { seconds: zone === 'Z' ? local : new Date(ms).toISOString().slice(0, 19), fraction };
}

function whyNot(text: string): string {
  let left = text;
  for (const [pattern, name, range] of elements) {
    const found = pattern.exec(left)?.[0];
    if (found === undefined) return ` as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(left)} as ${JSON.stringify(name)}`;
    if (range && (Number(found) < range[1] || Number(found) > range[2])) return `: ${range[0]} out of range`;
    left = left.slice(found.length);
  }
  if (left !== '') return `: extra text: ${JSON.stringify(left)}`;
  return /[+-]\d\d:\d\d$/.test(text) && utcOfDay(text) ? ': time zone offset hour out of range' : ': day out of range';
}

const utcOfDay = (text: string): boolean =>
  new Date(Date.parse(`${text.slice(0, 10)}T00:00:00Z`)).getUTCDate() === Number(text.slice(8, 10));
