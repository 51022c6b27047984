import { downwardPayload } from '../payload-plan.ts';
import { DEFAULT_MODE, payloadVolume } from '../payload-volume.ts';

/** Kubernetes, "Downward API": the pod's own fields as files. */
export const downwardApi = payloadVolume({
  type: 'downwardAPI',
  contents: async ({ pod, source: { items, defaultMode: mode = DEFAULT_MODE } }, { facts }) => ({
    payload: downwardPayload(pod, items, { mode, facts: facts() }),
  }),
});
