import type { ContainerStatus, Pod } from '#api/types';
import { checkHasLog, chosenContainer, nodeOf } from './containers.ts';

const named = (...names: string[]) => names.map((name) => ({ name }));
const pod = (spec: object, status: object = {}): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec, status }) as Pod;
const refusal = (message: string) => expect.objectContaining({ code: 400, message });

describe('the container that a request means', () => {
  const one = { containers: named('a'), initContainers: named('i'), ephemeralContainers: named('e') };
  const two = { containers: named('a', 'b') };
  const must = 'a container name must be specified for pod p';

  it.each<{ name: string; spec: object; asked?: string; want: string }>([
    { name: 'is the only one', spec: one, want: 'a' },
    { name: 'is the one that it names', spec: two, asked: 'b', want: 'b' },
    { name: 'may be an init container', spec: one, asked: 'i', want: 'i' },
    { name: 'may be an ephemeral one', spec: one, asked: 'e', want: 'e' },
  ])('$name', ({ spec, asked = '', want }) => expect(chosenContainer(pod(spec), asked)).toBe(want));

  it.each<{ name: string; spec: object; asked?: string; says: string }>([
    { name: 'is none of the pod', spec: one, asked: 'z', says: 'container z is not valid for pod p' },
    { name: 'is not said', spec: two, says: `${must}, choose one of: [a b]` },
    {
      name: 'is not said, and there are others',
      spec: { ...one, ...two },
      says: `${must}, choose one of: [a b] or one of the init containers: [i] or one of the ephemeral containers: [e]`,
    },
    { name: 'is not there', spec: { containers: [] }, says: must },
    { name: 'is not there: null is no list', spec: { containers: null }, says: must },
  ])('$name', ({ spec, asked = '', says }) => expect(() => chosenContainer(pod(spec), asked)).toThrow(refusal(says)));
});

it('the node of a pod is where it runs', () => {
  expect(nodeOf(pod({ nodeName: 'n1' }))).toBe('n1');
  expect(() => nodeOf(pod({}))).toThrow(refusal('pod p does not have a host assigned'));
});

describe('a log', () => {
  const status = (state: object, lastState: object = {}): Partial<ContainerStatus> => ({ name: 'c', state, lastState });
  const ran = { terminated: { containerID: 'berth://1' } };
  const waiting = (reason?: string) => status({ waiting: { reason } });
  const c = 'container "c" in pod "p"';

  it.each<{ name: string; status?: object; previous?: boolean; says?: string }>([
    { name: 'of what runs', status: status({ running: {} }) },
    { name: 'of what has ended', status: status(ran) },
    { name: 'of what waits to be started again', status: status({ waiting: { reason: 'CrashLoopBackOff' } }, ran) },
    { name: 'of the run before', status: status({ running: {} }, ran), previous: true },
    { name: 'of a run before that was not', status: status({ running: {} }), previous: true, says: `previous terminated ${c} not found` },
    { name: 'of what nobody knows', says: `${c} is not available` },
    { name: 'of what ended before it was made', status: status({ terminated: {} }), says: `${c} is terminated` },
    { name: 'of what waits', status: waiting('ContainerCreating'), says: `${c} is waiting to start: ContainerCreating` },
    { name: 'of what waits for no reason', status: waiting(), says: `${c} is waiting to start: ` },
    { name: 'without an image', status: waiting('ErrImagePull'), says: `${c} is waiting to start: image can't be pulled` },
    {
      name: 'without an image, still',
      status: waiting('ImagePullBackOff'),
      says: `${c} is waiting to start: trying and failing to pull image`,
    },
  ])('$name', ({ status: given, previous = false, says }) => {
    for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']) {
      const check = () => checkHasLog(pod({}, given ? { [list]: [{ name: 'other' }, given] } : {}), 'c', previous);
      if (says === undefined) expect(check).not.toThrow();
      else expect(check).toThrow(refusal(says));
    }
  });
});
