import { pluginRig, volumePluginConformance } from '../../conformance/volume-plugin.ts';
import { downwardApi } from './downward-api.ts';

const under: Parameters<typeof volumePluginConformance<'downwardAPI'>>[0] = {
  plugin: downwardApi,
  source: () => ({
    items: [
      { path: 'ip', fieldRef: { fieldPath: 'status.podIP' } },
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
    ],
  }),
  follows: {
    change: (node) =>
      (node.facts = () => ({ podIps: ['10.0.0.9'], hostIps: [], nodeAllocatable: { cpuMillis: 0, memoryBytes: 0, ephemeralBytes: 0 } })),
  },
};
volumePluginConformance(under);

describe('a downwardAPI volume', () => {
  const rig = pluginRig(under);

  it('shows the pod as it is now', async () => {
    const { node, volume, files } = rig();
    await downwardApi.setUp(volume, node);
    expect(files()).toEqual({ ip: '10.0.0.2', labels: 'app="a"' });
    const relabelled = { ...volume.pod, metadata: { ...volume.pod.metadata, labels: { app: 'b' } } };
    await downwardApi.refresh!({ ...volume, pod: relabelled }, node);
    expect(files()['labels']).toBe('app="b"');
  });
});
