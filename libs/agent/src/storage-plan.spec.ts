import type { PodSpec } from '#api/types';
import { exceededStorage, limitsLocalStorage } from './storage-plan.ts';
import { pod } from './testing/pod-builder.ts';

const MiB = 1024 * 1024;
const container = (name: string, limit?: string) => ({
  name,
  ...(limit && { resources: { limits: { 'ephemeral-storage': limit } } }),
});
const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];

describe('local storage of a pod', () => {
  it.each<[string, Partial<PodSpec>, Record<string, number>[], string | undefined]>([
    ['a volume within its limit', { volumes }, [{}, { v: MiB }], undefined],
    ['a volume beyond its limit', { volumes }, [{}, { v: MiB + 1 }], 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". '],
    [
      'a container beyond its limit, another without one',
      { containers: [container('a', '2Mi'), container('b')] },
      [{ a: 3 * MiB, b: 9 * MiB }, {}],
      'Container a exceeded its local ephemeral storage limit "2Mi". ',
    ],
    [
      'containers and volumes together',
      { containers: [container('a', '2Mi')], volumes: [{ name: 'v', emptyDir: {} }] },
      [{ a: MiB }, { v: 2 * MiB }],
      'Pod ephemeral local storage usage exceeds the total limit of containers 2Mi. ',
    ],
  ])('%s', (_what, spec, [containers = {}, used = {}], message) => {
    const storage = { containers: new Map(Object.entries(containers)), volumes: new Map(Object.entries(used)) };
    expect(exceededStorage(pod(spec), storage)).toBe(message);
  });

  it('is measured only where something limits it', () => {
    expect(limitsLocalStorage(pod())).toBe(false);
    expect(limitsLocalStorage(pod({ volumes: [{ name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }] }))).toBe(false);
    expect(limitsLocalStorage(pod({ volumes }))).toBe(true);
  });
});
