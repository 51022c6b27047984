import { expandClaim } from '../claim-expansion.ts';
import { claimedVolume } from '../claims.ts';
import { recordedVolume } from '../recorded-volume.ts';

/** Kubernetes, "Generic ephemeral volumes" (KEP-1698): a claim that is made for the pod and ends with it. */
export const ephemeral = recordedVolume({
  type: 'ephemeral',
  resolve: ({ pod, name }, node) =>
    claimedVolume({ pod, name, claimName: `${pod.metadata.name}-${name}`, readOnly: false, isEphemeral: true }, node),
  refresh: expandClaim,
});
