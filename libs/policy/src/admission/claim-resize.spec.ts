import { FakeView } from '#api-server/testing';
import { admit, named, refusal } from '../testing/admission.ts';
import { claimResize } from './claim-resize.ts';

const classOf = (name: string, facts: object) => ({ ...named('StorageClass', name, facts), apiVersion: 'storage.k8s.io/v1' });
const claim = (storage: string, storageClassName?: string, phase = 'Bound') =>
  named('PersistentVolumeClaim', 'c', { spec: { storageClassName, resources: { requests: { storage } } }, status: { phase } }, 'dev');

describe('PersistentVolumeClaimResize', () => {
  const view = new FakeView(classOf('grows', { allowVolumeExpansion: true }), classOf('fixed', {}));
  const resize = (object: object, old: object) => ({ resource: 'persistentvolumeclaims', verb: 'update', object, old }) as never;
  const unsupported =
    'persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the ' +
    'pvc must support resize';

  it.each([
    [
      claim('2Gi', 'grows', 'Pending'),
      claim('1Gi', 'grows', 'Pending'),
      'persistentvolumeclaims "c" is forbidden: Only bound persistent volume claims can be expanded',
    ],
    [claim('2Gi', 'fixed'), claim('1Gi', 'fixed'), unsupported],
    [claim('2Gi', 'gone'), claim('1Gi', 'gone'), unsupported],
    [claim('2Gi'), claim('1Gi'), unsupported],
  ])('refuses %#', async (next, old, want) => expect(await refusal(claimResize, resize(next, old), view)).toBe(want));

  it.each([
    [claim('2Gi', 'grows'), claim('1Gi', 'grows')],
    [claim('1024Mi', 'fixed'), claim('1Gi', 'fixed')],
    [claim('1Gi', 'fixed'), claim('2Gi', 'fixed')],
  ])('lets through %#', async (next, old) => expect(await admit(claimResize, resize(next, old), view)).toBe(next));
});
