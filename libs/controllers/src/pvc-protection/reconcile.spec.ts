import type { Pod } from '#api/types';
import { pod } from '../testing/small-cluster.ts';
import { claim } from '../testing/volumes.ts';
import { reconcile } from './reconcile.ts';

const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true };
const going = claim('c', {}, { metadata: { name: 'c', deletionTimestamp: 'x', finalizers: ['kubernetes.io/pvc-protection'] } });
const using = (spec: object = {}, metadata: object = {}, status: object = {}): Pod => {
  const made = pod('p', {}, { uid: 'p', ...metadata });
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
  return { ...made, spec: { ...made.spec, nodeName: 'n', volumes, ...spec }, status };
};
const ephemeral = { volumes: [{ name: 'v', ephemeral: {} }] };
const made = { ...going, metadata: { ...going.metadata, name: 'p-v', ownerReferences: [owner] } };

it.each([
  ['goes without pods', going, [], 1],
  ['stays for a pod', going, [using()], 0],
  ['stays for a pod that has ended', going, [using({}, {}, { phase: 'Succeeded' })], 0],
  ['goes with a pod that has no node', going, [using({ nodeName: undefined })], 1],
  ['goes with a pod that names another', going, [using({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'd' } }] })], 1],
  ['that was made for a pod stays for it', made, [using(ephemeral)], 0],
  [
    'that was made for a pod goes when that is shut down',
    made,
    [using(ephemeral, { deletionTimestamp: 'x', deletionGracePeriodSeconds: 0 })],
    1,
  ],
  ['that was not made for the pod of that name goes', { ...going, metadata: { ...going.metadata, name: 'p-v' } }, [using(ephemeral)], 1],
  ['is left alone while it stays', claim('c'), [], 0],
  ['is protected afterwards', claim('c', {}, { metadata: { name: 'c' } }), [], 1],
])('a claim %s', (_name, of, pods, writes) => expect(reconcile({ claim: of, pods }).actions).toHaveLength(writes));
