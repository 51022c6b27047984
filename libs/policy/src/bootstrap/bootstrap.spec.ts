import { startTestServer } from '#api-server/testing';
import { ManualClock } from '#base/testing';
import { MemoryStore } from '#store';

const local = '/apis/storage.k8s.io/v1/storageclasses/local';

it('a new cluster has a default class of volumes; who takes it away has none, also after the server is started anew', async () => {
  const store = new MemoryStore({ clock: new ManualClock() });
  store.close = () => Promise.resolve(); // it outlives the servers
  const first = await startTestServer({ store });
  expect((await first.call('GET', local)).json).toMatchObject({
    metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
  });
  expect((await first.call('DELETE', local)).status).toBe(200);
  await first.close();
  const second = await startTestServer({ store });
  expect((await second.call('GET', local)).status).toBe(404);
  expect((await second.call('GET', '/api/v1/namespaces/kube-system')).status).toBe(200);
  await second.close();
});
