import { type Change, StoreError } from '../contract.ts';
import type { Connection } from './connection.ts';

/** Entries per read: bounds the size of one answer, which is at most so many times the largest object. */
const READ_COUNT = 128;

type StreamEntry = [id: string, fields: string[]];

/** An entry of the log: its id is the revision, its fields are key, value and claims. Without a value it is a deletion. */
export function decodeChange([id, fields]: StreamEntry): Change {
  const change: Change = { key: '', revision: Number(id.slice(0, id.indexOf('-'))), value: undefined };
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const text = fields[i + 1]!;
    if (fields[i] === 'k') change.key = text;
    else if (fields[i] === 'v') change.value = text;
    else if (fields[i] === 'c') change.claims = text === '' ? [] : text.split('\n');
  }
  return change;
}

/** Revisions have no gaps, so a gap means that the log has been trimmed in between. */
export function assertContinuous(after: number, changes: readonly Change[]): void {
  const first = changes[0];
  if (first && first.revision !== after + 1) {
    throw new StoreError('compacted', `the log begins at ${first.revision}, after ${after} was asked for`);
  }
}

/** Waits up to `blockMs` for changes after a revision; [] when there are none. */
export async function readLog(connection: Connection, log: string, after: number, blockMs: number): Promise<Change[]> {
  const answer = await connection.send('XREAD', ['COUNT', READ_COUNT, 'BLOCK', blockMs, 'STREAMS', log, `${after}-0`]);
  if (answer === null) return [];
  const [[, entries]] = answer as [[string, StreamEntry[]]];
  return entries.map(decodeChange);
}

/** All that is in the log after a revision now. */
export async function readLogNow(connection: Connection, log: string, after: number): Promise<Change[]> {
  const changes: Change[] = [];
  for (let from = after; ; from = changes.at(-1)!.revision) {
    const answer = (await connection.send('XRANGE', [log, `${from + 1}-0`, '+', 'COUNT', READ_COUNT])) as StreamEntry[];
    for (const entry of answer) changes.push(decodeChange(entry));
    if (answer.length < READ_COUNT) break;
  }
  assertContinuous(after, changes);
  return changes;
}
