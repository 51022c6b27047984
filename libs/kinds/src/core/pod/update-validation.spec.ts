import type { Pod } from '#api/types';
import { created, type Json, lines, podSpec, updated } from '../../testing.ts';
import { pod } from './kind.ts';
import { validateResize } from './update-validation.ts';

const base = podSpec({ serviceAccountName: 'default' });
const before = created(pod, { metadata: { name: 'p', namespace: 'default' }, spec: base });
const changed = (spec: Json): string[] => updated(pod, before, { metadata: before.metadata, spec: { ...base, ...spec } }).complaints;

describe('an update of a pod', () => {
  it('may change the image', () => {
    expect(changed({ containers: [{ name: 'c', image: 'b:2', imagePullPolicy: 'IfNotPresent' }] })).toEqual([]);
  });
  it('may add tolerations', () => {
    expect(changed({ tolerations: [{ key: 'k', operator: 'Exists' }] })).toEqual([]);
  });
  it('may set a deadline', () => expect(changed({ activeDeadlineSeconds: 10 })).toEqual([]));
  it('may not move the pod, and says what would change', () => {
    expect(changed({ nodeName: 'n1' })).toEqual([
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n+\tnodeName: "n1",',
    ]);
  });
  it('may not add containers', () => {
    expect(changed({ containers: [...(base.containers as Json[]), { name: 'd', image: 'i' }] })).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
  });
  it('may not put a deadline off', () => {
    const limited = created(pod, { metadata: { name: 'p', namespace: 'default' }, spec: { ...base, activeDeadlineSeconds: 10 } });
    const { complaints } = updated(pod, limited, { metadata: limited.metadata, spec: { ...base, activeDeadlineSeconds: 20 } });
    expect(complaints).toEqual(['spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value']);
  });
});

describe('a resize', () => {
  const sized = (resources: Json): Pod => created(pod, { spec: podSpec({}, { resources }) });
  it('may not change the class of service', () => {
    expect(lines(validateResize(sized({}), sized({ requests: { cpu: '1' } })))).toEqual([
      'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing',
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ]);
  });
  it('may not shrink memory under a process that stays', () => {
    const limit = (memory: string): Pod => sized({ requests: { cpu: '1' }, limits: { memory } });
    expect(lines(validateResize(limit('1Gi'), limit('2Gi')))).toEqual([
      'spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer',
    ]);
  });
});
