import type { AdmissionVerb } from '#api-server/contract';
import type { Pod } from '#api/types';
import { admit, pod } from '../testing/admission.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';

describe('DefaultTolerationSeconds', () => {
  const notReady = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
  const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable' };
  const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  it.each([
    ['none', undefined, [notReady, unreachable]],
    ['one of its own', [own], [own, unreachable]],
    ['everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    ['the key with another effect', [{ ...own, effect: 'NoSchedule' }], [{ ...own, effect: 'NoSchedule' }, notReady, unreachable]],
  ])('a pod that tolerates %s', async (_what, tolerations, want) => {
    expect(((await admit(defaultTolerationSeconds, { object: pod({ tolerations }) })) as Pod).spec.tolerations).toEqual(want);
  });

  it.each<[AdmissionVerb, string, string, boolean]>([
    ['create', 'pods', '', true],
    ['update', 'pods', '', true],
    ['update', 'pods', 'status', false],
    ['create', 'nodes', '', false],
  ])('%s of %s/%s is handled: %s', (verb, resource, subresource, handles) => {
    expect(defaultTolerationSeconds.handles(verb, { group: '', version: 'v1', resource }, subresource)).toBe(handles);
  });
});
