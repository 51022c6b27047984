import type { PodSpec } from '#api/types';
import { templateWarnings } from './warnings.ts';

const containers = [{ name: 'c', image: 'i' }];

describe('fields without effect', () => {
  it.each<[string, Partial<PodSpec>, string[]]>([
    ['nothing that is acted on', { volumes: [{ name: 'v', emptyDir: {} }], securityContext: { fsGroup: 1 } }, []],
    ['options that ask for nothing', { securityContext: { seLinuxOptions: {}, windowsOptions: {} } }, []],
    [
      'an init container as well',
      { initContainers: [{ name: 'i', image: 'i', securityContext: { seLinuxOptions: { level: 's0' } } }] },
      ['spec.template.spec.initContainers[0].securityContext.seLinuxOptions: has no effect, no node of this cluster enforces SELinux'],
    ],
    [
      'each volume',
      {
        volumes: [
          { name: 'a', fc: { wwids: ['w'] } },
          { name: 'b', projected: { sources: [{ clusterTrustBundle: { path: 'p' } }] } },
        ],
      },
      [
        'spec.template.spec.volumes[0].fc: no node of this cluster has a plugin for such a volume, the pod will not start',
        'spec.template.spec.volumes[1].projected.sources[0].clusterTrustBundle: no node of this cluster can project it, the pod will not start',
      ],
    ],
  ])('of a template are told: %s', (_what, spec, want) => {
    expect(templateWarnings({ spec: { containers, ...spec } }, 'spec.template')).toEqual(want);
  });
});
