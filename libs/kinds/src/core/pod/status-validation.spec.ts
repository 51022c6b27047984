import type { Container, PodSpec } from '#api/types';
import { lines, storedPod } from '../../testing.ts';
import { validatePodStatus } from './status-validation.ts';
import { validatePodUpdate } from './update-validation.ts';

const c = (more: Partial<Container> = {}): Container => ({ name: 'c', image: 'i', ...more });
const rule = (action: string) => ({ action, exitCodes: { operator: 'In', values: [42] } });
const never = (restartPolicyRules: Container['restartPolicyRules'] = []): Partial<Container> => ({
  restartPolicy: 'Never',
  restartPolicyRules,
});

describe('a container that has ended', () => {
  it.each<{ may: boolean; of: string; exitCode?: number; spec: Partial<PodSpec> }>([
    { may: true, of: 'a pod that is always restarted', spec: { restartPolicy: 'Always' } },
    { may: false, of: 'a pod that never is', spec: { restartPolicy: 'Never' } },
    { may: true, of: 'a pod that is restarted on failure', spec: { restartPolicy: 'OnFailure' } },
    { may: false, of: 'one that succeeded', exitCode: 0, spec: { restartPolicy: 'OnFailure' } },
    { may: true, of: 'a policy of its own', spec: { restartPolicy: 'Never', containers: [c({ restartPolicy: 'OnFailure' })] } },
    { may: false, of: 'a stricter policy of its own', spec: { restartPolicy: 'Always', containers: [c(never())] } },
    { may: true, of: 'a rule', spec: { restartPolicy: 'Never', containers: [c(never([rule('Restart')]))] } },
    { may: false, of: 'a rule for another code', exitCode: 1, spec: { restartPolicy: 'Never', containers: [c(never([rule('Restart')]))] } },
    {
      may: true,
      of: 'a rule of another container that restarts all',
      spec: { restartPolicy: 'Never', containers: [c(), c({ name: 'd', ...never([rule('RestartAllContainers')]) })] },
    },
  ])('may run again ($may) because of $of', ({ may, exitCode = 42, spec }) => {
    const status = (state: object) => ({
      containerStatuses: [{ name: 'c', state, ready: false, restartCount: 0, image: 'i', imageID: '' }],
    });
    const previous = storedPod({ spec: { ...spec }, status: status({ terminated: { exitCode } }) });
    const next = { ...previous, status: { ...previous.status, ...status({ running: {} }) } };
    const refusal = 'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state';
    expect(lines(validatePodStatus(next, previous))).toEqual(may ? [] : [refusal]);
  });

  it('of the init phase obeys the same rules', () => {
    const status = (state: object) => ({
      initContainerStatuses: [{ name: 'c', state, ready: false, restartCount: 0, image: 'i', imageID: '' }],
    });
    const init = (container: Container) =>
      storedPod({ spec: { restartPolicy: 'Never', initContainers: [container] }, status: status({ terminated: { exitCode: 42 } }) });
    const complaints = (pod: ReturnType<typeof init>) =>
      lines(validatePodStatus({ ...pod, status: { ...pod.status, ...status({ running: {} }) } }, pod));
    expect(complaints(init(c()))).toHaveLength(1);
    expect(complaints(init(c({ restartPolicy: 'Always' })))).toEqual([]);
    expect(complaints(init(c(never([rule('Restart')]))))).toEqual([]);
  });
});

describe.each([
  { key: 'kubernetes.io/config.mirror', of: 'mirror pod annotation' },
  { key: 'container.apparmor.security.beta.kubernetes.io/c', of: 'AppArmor annotations' },
])('an update that $key comes with', ({ key, of }) => {
  const plain = storedPod();
  const marked = (value: string) => ({ ...plain, metadata: { ...plain.metadata, annotations: { [key]: value } } });
  it.each([
    { change: 'takes it away', previous: marked('a'), next: plain, what: 'may not remove or update' },
    { change: 'changes it', previous: marked('a'), next: marked('b'), what: 'may not remove or update' },
    { change: 'sets it', previous: plain, next: marked('a'), what: 'may not add' },
    { change: 'keeps it', previous: marked('a'), next: marked('a'), what: undefined },
  ])('$change', ({ previous, next, what }) => {
    const refusals = what ? [`metadata.annotations[${key}]: Forbidden: ${what} ${of}`] : [];
    expect(lines(validatePodStatus(next, previous))).toEqual(refusals);
    expect(lines(validatePodUpdate(next, previous))).toEqual(refusals);
  });
});
