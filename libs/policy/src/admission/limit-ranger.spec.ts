import { ApiError, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionRequest } from '#api-server/contract';
import type { LimitRangeItem, Pod } from '#api/types';
import { limitRanger } from './limit-ranger.ts';

const range = (...limits: LimitRangeItem[]): KubeObject =>
  ({ apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits } }) as KubeObject;
const pod = (...resources: object[]): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'dev' },
    spec: { containers: resources.map((each, i) => ({ name: `c${i}`, resources: each })) },
  }) as unknown as Pod;

function run(object: KubeObject, ranges: KubeObject[], resource = 'pods'): KubeObject {
  const request = {
    verb: 'create',
    resource: { group: '', version: 'v1', resource },
    subresource: '',
    namespace: 'dev',
    name: 'p',
    object,
  } as unknown as AdmissionRequest;
  const io = { list: () => ranges } as unknown as AdmissionIo;
  const next = limitRanger.mutate!(request, io) as KubeObject;
  void limitRanger.validate!({ ...request, object: next }, io);
  return next;
}
const refusal = (...args: Parameters<typeof run>): string => {
  try {
    run(...args);
  } catch (err) {
    if (err instanceof ApiError) return err.message;
    throw err;
  }
  return 'not refused';
};

describe('LimitRanger', () => {
  it('gives containers and init containers what they do not say themselves, and notes it', () => {
    const given = pod({ limits: { cpu: '1' }, requests: { cpu: '1' } });
    given.spec.initContainers = [{ name: 'i' } as never];
    const defaults = range({ type: 'Container', default: { cpu: '2', memory: '64Mi' }, defaultRequest: { cpu: '50m', memory: '32Mi' } });
    const next = run(given, [defaults]) as Pod;
    expect(next.spec.containers[0]!.resources).toEqual({ limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '1', memory: '32Mi' } });
    expect(next.spec.initContainers![0]!.resources).toEqual({
      limits: { cpu: '2', memory: '64Mi' },
      requests: { cpu: '50m', memory: '32Mi' },
    });
    expect(next.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: memory request for container c0; memory limit for container c0; cpu, memory request for init container i; cpu, memory limit for init container i',
    });
  });

  it('leaves a pod alone that says everything', () => {
    const given = pod({ limits: { cpu: '1' }, requests: { cpu: '1' } });
    expect(run(given, [range({ type: 'Container', default: { cpu: '2' }, defaultRequest: { cpu: '1' } })])).toBe(given);
  });

  // Wording of `plugin/pkg/admission/limitranger`.
  it.each<[string, LimitRangeItem, object[]]>([
    ['maximum cpu usage per Container is 1, but limit is 2', { type: 'Container', max: { cpu: '1' } }, [{ limits: { cpu: '2' } }]],
    ['maximum cpu usage per Container is 1.  No limit is specified', { type: 'Container', max: { cpu: '1' } }, [{}]],
    [
      'minimum cpu usage per Container is 10m, but request is 1m',
      { type: 'Container', min: { cpu: '10m' } },
      [{ requests: { cpu: '1m' } }],
    ],
    ['minimum cpu usage per Container is 10m.  No request is specified', { type: 'Container', min: { cpu: '10m' } }, [{}]],
    [
      '[minimum cpu usage per Pod is 1, but request is 600m, maximum memory usage per Pod is 1Gi, but limit is 2Gi]',
      { type: 'Pod', min: { cpu: '1' }, max: { memory: '1Gi' } },
      [
        { requests: { cpu: '300m' }, limits: { memory: '1Gi' } },
        { requests: { cpu: '300m' }, limits: { memory: '1Gi' } },
      ],
    ],
    [
      'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      [{ requests: { cpu: '250m' }, limits: { cpu: '1' } }],
    ],
    [
      'memory max limit to request ratio per Container is 1500m, but no request is specified or request is 0',
      { type: 'Container', maxLimitRequestRatio: { memory: '1.5' } },
      [{ limits: { memory: '1Gi' } }],
    ],
  ])('refuses: %s', (says, item, resources) => {
    expect(refusal(pod(...resources), [range(item)])).toBe(`pods "p" is forbidden: ${says}`);
  });

  it('bounds the storage that claims ask for', () => {
    const claim = (storage: string): KubeObject =>
      ({ kind: 'PersistentVolumeClaim', metadata: { name: 'p' }, spec: { resources: { requests: { storage } } } }) as unknown as KubeObject;
    const bounds = [range({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } })];
    expect(refusal(claim('3Gi'), bounds, 'persistentvolumeclaims')).toBe(
      'persistentvolumeclaims "p" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    expect(refusal(claim('2Gi'), bounds, 'persistentvolumeclaims')).toBe('not refused');
  });
});
