import type { Endpoint } from '../../http/endpoint.ts';
import { Filters } from '../../http/query.ts';
import { badParameter } from '../../errors.ts';

/** `until` of a prune filter: a time, or how long ago (`10m`). Milliseconds of the epoch. */
export function untilOf(filters: Filters, nowMs: number): number | undefined {
  const [text] = filters.get('until');
  if (text === undefined) return undefined;
  const span = /^(\d+h)?(\d+m)?(\d+s)?$/.exec(text);
  if (span && text !== '') {
    const [hours = 0, minutes = 0, seconds = 0] = span.slice(1).map((part) => (part === undefined ? 0 : Number.parseInt(part, 10)));
    return nowMs - ((hours * 60 + minutes) * 60 + seconds) * 1000;
  }
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(ms)) throw badParameter(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return ms;
}

export const prune: Endpoint = {
  method: 'POST',
  path: '/containers/prune',
  async handle({ query }, engine) {
    const filters = Filters.of(query, ['label', 'label!', 'until']);
    const until = untilOf(filters, engine.options.clock.now().getTime());
    const deleted: string[] = [];
    let reclaimed = 0;
    for (const record of engine.containers.book.list()) {
      if (!['created', 'exited'].includes(engine.containers.status(record))) continue;
      if (!filters.labels(record.config.Labels) || (until !== undefined && Date.parse(record.created) > until)) continue;
      const { SizeRw } = await engine.sizesOf(record);
      await engine.containers.remove(record);
      reclaimed += SizeRw;
      deleted.push(record.id);
    }
    return { status: 200, json: { ContainersDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed } };
  },
};
