import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Files that git tracks, and new ones that it does not ignore. */
export const files: readonly string[] = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));

export const sources = files.filter((path) => /^(apps|libs|test)\/.*\.ts$/.test(path) && !path.includes('/gen/'));

export const read = (path: string): string => readFileSync(path, 'utf8');
