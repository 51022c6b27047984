import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { projected } from './projected.ts';

const under: Parameters<typeof volumePluginConformance<'projected'>>[0] = {
  plugin: projected,
  source: () => ({
    sources: [
      { configMap: { name: 'cm', items: [{ key: 'a', path: 'a' }] } },
      { secret: { name: 's' } },
      { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { serviceAccountToken: { path: 'token' } },
    ],
  }),
  before: ({ configMaps, secrets }) => {
    configMaps.set('cm', { a: '1', b: '2' });
    secrets.set('s', { key: 'x' });
  },
  follows: { change: ({ secrets }) => secrets.set('s', { key: 'y' }), lose: ({ secrets }) => secrets.clear() },
};
volumePluginConformance(under);

describe('a projected volume', () => {
  const rig = pluginRig(under);

  it('has the files of all its sources, and tells when the token is to be renewed', async () => {
    const { node, volume, files } = rig();
    expect(await projected.setUp(volume, node)).toEqual({ renewAtMs: 1_000 });
    expect(files()).toEqual({ a: '1', key: 'x', name: 'a', token: 't1' });
    Object.assign(node.token, { token: 't2', renewAtMs: 2_000 });
    expect(await projected.refresh!(volume, node)).toEqual({ renewAtMs: 2_000 });
    expect(files()['token']).toBe('t2');
  });

  // KEP-542
  it.each([
    { spec: {}, mode: 0o644 },
    { spec: { securityContext: { fsGroup: 3000 } }, mode: 0o640 },
  ])('has a token of mode $mode in a pod with $spec', async ({ spec, mode }) => {
    if (process.getuid?.() !== 0) return;
    const { node, volume } = rig();
    await projected.setUp({ ...volume, pod: { ...volume.pod, spec: { ...volume.pod.spec, ...spec } } }, node);
    expect(statSync(join(volume.directory, 'token')).mode & 0o777).toBe(mode);
  });

  it.each([
    [{ clusterTrustBundle: { path: 'p' } }, 'ClusterTrustBundle projection is not supported in this cluster'],
    [{}, 'unknown projection'],
  ])('of %j is refused', (source, says) => expect(projected.refusal!({ sources: [source] })).toBe(says));
});
