import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInRoot } from '../context/rooted-path.ts';

/** `user:group` of `--chown` and USER, by number or by the names of the stage's own passwd and group files. A number alone is both. */
export function ownerOf(text: string, root: string): { uid: number; gid: number } {
  const [user = '', group] = text.split(':');
  const account = isNumber(user) ? undefined : find(root, 'etc/passwd', user);
  if (!isNumber(user) && !account) throw new Error(`unknown user ${user}: it is not in /etc/passwd`);
  const uid = account ? Number(account[2]) : Number(user);
  if (group === undefined || group === '') return { uid, gid: account ? Number(account[3]) : uid };
  if (isNumber(group)) return { uid, gid: Number(group) };
  const entry = find(root, 'etc/group', group);
  if (!entry) throw new Error(`unknown group ${group}: it is not in /etc/group`);
  return { uid, gid: Number(entry[2]) };
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

/** A row of a passwd(5) or group(5) file of the stage, whose links stay in the stage. */
function find(root: string, file: string, name: string): string[] | undefined {
  const path = join(root, resolveInRoot(root, file));
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .find((row) => row[0] === name && row.length >= 3);
}
