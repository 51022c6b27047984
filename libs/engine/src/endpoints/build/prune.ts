import { lookUp } from '#base';
import type { CacheRecord } from '#builder/contract';
import { badParameter } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { Filters, flag, whole } from '../../http/query.ts';

/** Docker Engine API, "Delete builder cache". */
export const prune: Endpoint = {
  method: 'POST',
  path: '/build/prune',
  async handle({ query }, engine) {
    const { builder, images, clock } = engine.options;
    const filters = Filters.of(query, ['until', 'id', 'parent', 'type', 'description', 'inuse', 'shared', 'private']);
    const until = filters.get('until').map((text) => clock.now().getTime() - durationMs(text));
    const keep = whole(query, 'keep-storage') ?? whole(query, 'reserved-space') ?? 0;
    const fits = (record: CacheRecord): boolean =>
      until.every((ms) => record.lastUsedAt.getTime() <= ms) &&
      filters.some('id', (id) => record.id.startsWith(id)) &&
      filters.some('type', (type) => record.type === type) &&
      filters.some('description', (description) => record.description.includes(description)) &&
      filters.some('inuse', (wanted) => wanted === 'false') &&
      filters.some('shared', (wanted) => wanted === 'false');
    // The oldest first, until no more is left than shall be kept.
    let left = (await builder.cache.list()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const all = flag(query, 'all') && until.length === 0 && keep === 0;
    const pruned = await builder.cache.prune((record) => {
      if (!fits(record) || left <= keep) return false;
      left -= record.sizeBytes;
      return true;
    }, all);
    const mounts = pruned.filter(({ type }) => type === 'exec.cachemount').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const { removedBytes } = await images.collectGarbage();
    return { status: 200, json: { CachesDeleted: pruned.map(({ id }) => id), SpaceReclaimed: removedBytes + mounts } };
  },
};

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's durations, `24h` or `1h30m`. */
function durationMs(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) throw badParameter(`invalid filter 'until': time: invalid duration "${text}"`);
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((sum, [, value, unit]) => sum + Number(value) * lookUp(units, unit!)!, 0);
}
