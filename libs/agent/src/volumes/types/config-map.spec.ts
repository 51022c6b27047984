import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { configMap } from './config-map.ts';

const under: Parameters<typeof volumePluginConformance<'configMap'>>[0] = {
  plugin: configMap,
  source: () => ({ name: 'cm', items: [{ key: 'a', path: 'file' }] }),
  before: ({ configMaps }) => configMaps.set('cm', { a: '1', b: '2' }),
  follows: { change: ({ configMaps }) => configMaps.set('cm', { a: '3' }), lose: ({ configMaps }) => configMaps.clear() },
};
volumePluginConformance(under);

describe('a configMap volume', () => {
  const rig = pluginRig({ ...under, before: undefined });

  it.each<{ optional: boolean; data: Record<string, string> | undefined; want: Record<string, string> | string }>([
    { optional: true, data: { a: '1' }, want: { file: '1' } },
    { optional: true, data: { b: '2' }, want: {} },
    { optional: true, data: undefined, want: {} },
    { optional: false, data: { b: '2' }, want: 'configmap references non-existent config key: a' },
    { optional: false, data: undefined, want: 'configmap "cm" not found' },
  ])('of $data is $want (optional: $optional)', async ({ optional, data, want }) => {
    const { node, volume, files } = rig();
    if (data) node.configMaps.set('cm', data);
    const made = configMap.setUp({ ...volume, source: { ...volume.source, optional } }, node);
    if (typeof want === 'string') return expect(made).rejects.toThrow(want);
    await made;
    expect(files()).toEqual(want);
  });
});
