import type { UserInfo } from '#kinds/contract';

const nodePrefix = 'system:node:';

/** The node that a user is; undefined for everybody else. "Using Node Authorization": the name and the group both say it. */
export function nodeNameOf(user: UserInfo): string | undefined {
  return user.username.startsWith(nodePrefix) && user.groups.includes('system:nodes') ? user.username.slice(nodePrefix.length) : undefined;
}
