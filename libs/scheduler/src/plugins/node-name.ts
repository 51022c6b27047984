import { type FilterPlugin, success, unresolvable } from '../contract.ts';

/** A pod that names its node fits no other. Evicting pods cannot change that, hence unresolvable. */
export const nodeName: FilterPlugin = {
  name: 'NodeName',
  requeueOn: [{ resource: 'Node', events: ['add'] }],
  filter: (_state, { pod }, node) =>
    !pod.spec?.nodeName || pod.spec.nodeName === node.name ? success : unresolvable("node(s) didn't match the requested node name"), // upstream's wording: people search for it
};
