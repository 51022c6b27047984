import { FakeView } from '#api-server/testing';

import { admit, named, pod, refusal } from '../testing/admission.ts';
import { runtimeClass } from './runtime-class.ts';

describe('RuntimeClass', () => {
  it.each<[string, object]>([
    ['pods "p" is forbidden: pod rejected: RuntimeClass "gvisor" not found', { runtimeClassName: 'gvisor' }],
    [
      'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      { overhead: { cpu: '1' } },
    ],
  ])('%s', async (says, spec) => {
    expect(await refusal(runtimeClass, { object: pod(spec) })).toBe(says);
  });
  it('lets through a pod that names no class, or one that there is', async () => {
    await admit(runtimeClass, { object: pod() });
    const view = new FakeView({ ...named('RuntimeClass', 'gvisor'), apiVersion: 'node.k8s.io/v1' });
    await admit(runtimeClass, { object: pod({ runtimeClassName: 'gvisor', overhead: { cpu: '1' } }) }, view);
  });
});
