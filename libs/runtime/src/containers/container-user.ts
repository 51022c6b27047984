import { RuntimeError } from '../contract.ts';
import type { ProcessUser } from '../containers.contract.ts';

export interface ContainerUser {
  uid: number;
  gid: number;
  additionalGids: number[];
  /** From passwd; '/' when there is no entry. */
  home: string;
}

export function processUser({ uid, gid, additionalGids }: Omit<ContainerUser, 'home'>): ProcessUser {
  return { uid, gid, groups: [...new Set([gid, ...additionalGids])].toSorted((a, b) => a - b) };
}

/**
 * Who a container runs as: `user`, `uid`, `user:group`, `uid:gid` (OCI image-spec, config.md, "User"), looked up in the image's own
 * passwd(5) and group(5). A number needs no entry; without a group it is the entry's or 0. Groups that list the user are added when
 * the group is not given (as Docker and containerd do), unless `strict` (KEP-3619); supplemental ones always.
 */
export function resolveUser(
  user: string,
  files: { passwd: string; group: string },
  { groups: supplemental = [], strict = false }: { groups?: readonly (number | string)[]; strict?: boolean } = {},
): ContainerUser {
  const [name = '', groupName] = user.split(':');
  const accounts = rows(files.passwd);
  const groups = rows(files.group);
  // The name before the number: an account may be called `1000`.
  const entry =
    name === ''
      ? accounts.find((row) => row[2] === '0')
      : (accounts.find((row) => row[0] === name) ?? accounts.find((row) => isNumber(name) && row[2] === String(Number(name))));
  if (!entry && name !== '' && !isNumber(name))
    throw new RuntimeError('start-failed', `unable to find user ${name}: no matching entries in passwd file`);
  const uid = entry ? Number(entry[2]) : Number(name || 0);
  const gid = groupName === undefined || groupName === '' ? Number(entry?.[3] ?? 0) : groupId(groupName, groups);
  const member =
    strict || groupName
      ? []
      : groups.filter((row) => entry?.[0] && (row[3] ?? '').split(',').includes(entry[0])).map((row) => Number(row[2]));
  const others = supplemental.map((group) => (typeof group === 'number' ? group : groupId(group, groups)));
  return { uid, gid, additionalGids: [...new Set([gid, ...member, ...others])], home: entry?.[5] || '/' };
}

function groupId(name: string, groups: readonly string[][]): number {
  const entry = groups.find((row) => row[0] === name);
  if (entry) return Number(entry[2]);
  if (isNumber(name)) return Number(name);
  throw new RuntimeError('start-failed', `unable to find group ${name}: no matching entries in group file`);
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

/** Rows of a passwd-like file whose third column is a number; anything else in it is no entry. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter((row) => row.length >= 3 && isNumber(row[2]!));
}
