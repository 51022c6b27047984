import { constants } from 'node:os';
import { badParameter } from '../errors.ts';

const names = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** The real-time signals of the C library: signal(7). */
const FIRST_REALTIME = 34;
const LAST_REALTIME = 64;

/** `TERM`, `SIGTERM` and `15` are one; `RTMIN+3` is a number. As kill(2) of Node and the runtime take it. Throws 400. */
export function signalName(text: string): string {
  const bare = text.toUpperCase().replace(/^SIG/, '');
  const number = /^\d+$/.test(text) ? Number(text) : realtime(bare);
  if (number !== undefined && number >= FIRST_REALTIME && number <= LAST_REALTIME) return String(number);
  const name = number === undefined ? `SIG${bare === 'CLD' ? 'CHLD' : bare}` : names.get(number);
  if (name === undefined || !Object.hasOwn(constants.signals, name)) throw badParameter(`Invalid signal: ${text}`);
  return name;
}

function realtime(name: string): number | undefined {
  const [, end, distance = '0'] = /^RT(MIN|MAX)([+-]\d{1,2})?$/.exec(name) ?? [];
  if (end === undefined) return undefined;
  return (end === 'MIN' ? FIRST_REALTIME : LAST_REALTIME) + Number(distance);
}
