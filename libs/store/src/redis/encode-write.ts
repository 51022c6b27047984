import { type Entry, StoreError, type Write, type WriteOutcome } from '../contract.ts';
import { decodeStored, REVISION_DIGITS } from '../keys.ts';

/** The six arguments of one write, as `writeScript` takes them. */
export function encodeWrite({ key, expect, value, claims, ttlSeconds }: Write, nowMs: number): string[] {
  return [
    key,
    typeof expect === 'number' ? String(expect).padStart(REVISION_DIGITS, '0') : expect,
    value === undefined ? 'delete' : 'put',
    value ?? '',
    claims ? claims.join('\n') : '*',
    ttlSeconds === undefined ? '' : String(nowMs + Math.round(ttlSeconds * 1000)),
  ];
}

/** One answer of `writeScript`. */
export function decodeOutcome(key: string, answer: unknown): WriteOutcome {
  const [word, first, second] = answer as [string, string | number, string?];
  const entry = (stored: string): Entry => decodeStored(key, stored);
  switch (word) {
    case 'ok':
      return { ok: true, revision: Number(first), ...(second !== undefined && { previous: entry(second) }) };
    case 'absent':
      return { ok: false, reason: 'absent' };
    case 'conflict':
    case 'exists':
      return { ok: false, reason: word, current: entry(String(first)) };
    case 'claimed':
      return { ok: false, reason: 'claimed', claim: String(first), holder: second ?? '' };
    default:
      throw new StoreError('corrupt', `the write script answered ${JSON.stringify(answer)}`);
  }
}
