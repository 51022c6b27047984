import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { secret } from './secret.ts';

const under: Parameters<typeof volumePluginConformance<'secret'>>[0] = {
  plugin: secret,
  source: () => ({ secretName: 's', defaultMode: 0o400 }),
  before: ({ secrets }) => secrets.set('s', { a: '1', b: '2' }),
  follows: { change: ({ secrets }) => secrets.set('s', { a: '3' }), lose: ({ secrets }) => secrets.clear() },
};
volumePluginConformance(under);

describe('a secret volume', () => {
  const rig = pluginRig(under);

  it('has a file for each key, with the mode that the pod wants', async () => {
    const { node, volume, files } = rig();
    await secret.setUp(volume, node);
    expect(files()).toEqual({ a: '1', b: '2' });
    expect(statSync(join(volume.directory, 'a')).mode & 0o777).toBe(0o400);
  });

  it('says which secret is missing', async () => {
    const { node, volume } = rig();
    node.secrets.clear();
    await expect(async () => secret.setUp(volume, node)).rejects.toThrow('secret "s" not found');
  });
});
