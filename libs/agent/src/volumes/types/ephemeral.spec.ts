import { join } from 'node:path';
import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { claim, provisioned, publish } from '../../testing/claimed.ts';
import { ephemeral } from './ephemeral.ts';

const owned = (uid: string) =>
  claim({
    metadata: { name: 'a-v', namespace: 'default', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid, controller: true }] },
  });
const under = (owner: string): Parameters<typeof volumePluginConformance<'ephemeral'>>[0] => ({
  plugin: ephemeral,
  source: () => ({ volumeClaimTemplate: { spec: {} } }),
  before: (node, dir) => void publish(node.api, provisioned(join(dir, 'local-volumes', 'pv1')), owned(owner)),
});
volumePluginConformance(under('uid-a'));

describe('a generic ephemeral volume', () => {
  const rig = pluginRig(under('uid-of-another'));

  it('is not mounted from a claim that somebody else has made', async () => {
    const { node, volume } = rig();
    await expect(ephemeral.setUp(volume, node)).rejects.toThrow('PVC default/a-v was not created for pod default/a (pod is not owner)');
  });
});
