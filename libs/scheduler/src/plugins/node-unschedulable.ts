import { taintKeys, tolerates } from '#objects';
import { type FilterPlugin, success, unresolvable } from '../contract.ts';

/** A cordoned node takes no pod but those that tolerate its taint (daemons). */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  requeueOn: [{ resource: 'Node', events: ['add', 'update'] }],
  filter: (_state, { pod }, { node }) =>
    !node.spec?.unschedulable || tolerates(pod.spec?.tolerations ?? [], { key: taintKeys.unschedulable, effect: 'NoSchedule' })
      ? success
      : unresolvable('node(s) were unschedulable'),
};
