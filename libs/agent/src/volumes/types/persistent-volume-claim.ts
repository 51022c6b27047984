import { expandClaim } from '../claim-expansion.ts';
import { claimedVolume } from '../claims.ts';
import { recordedVolume } from '../recorded-volume.ts';

/** Kubernetes, "Persistent Volumes", "Claims As Volumes". */
export const persistentVolumeClaim = recordedVolume({
  type: 'persistentVolumeClaim',
  resolve: ({ pod, name, source: { claimName, readOnly = false } }, node) =>
    claimedVolume({ pod, name, claimName, readOnly, isEphemeral: false }, node),
  refresh: expandClaim,
});
