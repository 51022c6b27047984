import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';

/**
 * Why something failed, for people who are not of this machine. Errors of the system name files of ours, so only the system's own words
 * are left of them (strerror(3)); what we have written ourselves says what it may.
 */
export function systemReason(err: unknown): string {
  const code = (err as { code?: unknown } | undefined)?.code;
  const number = typeof code === 'string' ? constants.errno[code as keyof typeof constants.errno] : undefined;
  if (number !== undefined) return getSystemErrorMessage(-number);
  return err instanceof Error ? err.message : String(err);
}
