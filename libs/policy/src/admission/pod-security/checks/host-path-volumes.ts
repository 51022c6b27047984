import { type Check, plural, quoted } from '../check.ts';

export const hostPathVolumes: Check = {
  id: 'hostPathVolumes',
  level: 'baseline',
  versions: [
    {
      since: 0,
      check({ spec }) {
        const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
        return names.length > 0 ? { reason: 'hostPath volumes', detail: `${plural(names.length, 'volume')} ${quoted(names)}` } : undefined;
      },
    },
  ],
};
