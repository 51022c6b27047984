import type { Pod } from '#api/types';
import { entriesOf } from '../observed.ts';
import type { PodView } from '../pod-view.ts';

/** A pod that runs, none of whose containers has been started yet, and what is given on top. */
export function podView(pod: Pod, more: Partial<PodView> = {}): PodView {
  return { pod, inApi: true, life: { stage: 'running' }, entries: entriesOf(pod), atWork: new Set(), ...more };
}
