import { FakeView } from '#api-server/testing';
import type { Pod, PodSpec } from '#api/types';
import { admit, named, pod, refusal } from '../testing/admission.ts';
import { runtimeClass } from './runtime-class.ts';

const classOf = (name: string, facts: object = {}) => ({ ...named('RuntimeClass', name, facts), apiVersion: 'node.k8s.io/v1' });
const tolerated = { key: 'k', operator: 'Exists' } as const;

describe('RuntimeClass', () => {
  const view = new FakeView(
    classOf('plain', { handler: 'crun' }),
    classOf('heavy', { handler: 'crun', overhead: { podFixed: { cpu: '100m', memory: '10Mi' } } }),
    classOf('placed', { handler: 'crun', scheduling: { nodeSelector: { a: 'b' }, tolerations: [tolerated] } }),
    classOf('empty', { handler: 'crun', overhead: {}, scheduling: {} }),
  );
  const admitted = async (spec: object): Promise<PodSpec> => ((await admit(runtimeClass, { object: pod(spec) }, view)) as Pod).spec;

  it.each<[string, object]>([
    ['RuntimeClass "gvisor" not found', { runtimeClassName: 'gvisor' }],
    ['Pod Overhead set without corresponding RuntimeClass defined Overhead', { overhead: { cpu: '1' } }],
    ['Pod Overhead set without corresponding RuntimeClass defined Overhead', { runtimeClassName: 'plain', overhead: { cpu: '1' } }],
    ["Pod's Overhead doesn't match RuntimeClass's defined Overhead", { runtimeClassName: 'heavy', overhead: { cpu: '100m' } }],
    [
      "Pod's Overhead doesn't match RuntimeClass's defined Overhead",
      { runtimeClassName: 'heavy', overhead: { cpu: '100m', memory: '11Mi' } },
    ],
    ["Pod's Overhead doesn't match RuntimeClass's defined Overhead", { runtimeClassName: 'empty', overhead: { cpu: '1' } }],
  ])('%s: %j', async (says, spec) => {
    expect(await refusal(runtimeClass, { object: pod(spec) }, view)).toBe(`pods "p" is forbidden: pod rejected: ${says}`);
  });

  it('refuses a pod that wants another node than its class', async () => {
    const object = pod({ runtimeClassName: 'placed', nodeSelector: { a: 'other' } });
    expect(await refusal(runtimeClass, { object }, view)).toBe(
      'pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = other',
    );
  });

  it.each<[object, object]>([
    [{}, {}],
    [{ runtimeClassName: 'plain' }, {}],
    [{ runtimeClassName: 'heavy' }, { overhead: { cpu: '100m', memory: '10Mi' } }],
    [{ runtimeClassName: 'heavy', overhead: { cpu: '0.1', memory: '10240Ki' } }, { overhead: { cpu: '100m', memory: '10Mi' } }],
    [{ runtimeClassName: 'placed' }, { nodeSelector: { a: 'b' }, tolerations: [tolerated] }],
    [
      { runtimeClassName: 'placed', nodeSelector: { a: 'b', c: 'd' } },
      { nodeSelector: { a: 'b', c: 'd' }, tolerations: [tolerated] },
    ],
    [
      { runtimeClassName: 'placed', tolerations: [tolerated] },
      { nodeSelector: { a: 'b' }, tolerations: [tolerated] },
    ],
    [
      { runtimeClassName: 'empty', nodeSelector: { c: 'd' } },
      { nodeSelector: { c: 'd' }, tolerations: [] },
    ],
  ])('%j gets %j', async (spec, want) => {
    expect(await admitted(spec)).toEqual({ ...pod().spec, ...spec, ...want });
  });
});
