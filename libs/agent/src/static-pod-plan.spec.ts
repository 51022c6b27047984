import type { Node, Pod } from '#api/types';
import { mirrorPod, planMirrors, staticPod } from './static-pod-plan.ts';
import { pod } from './testing/pod-builder.ts';

const source = { nodeName: 'Node-1', path: '/m/web.yaml', seenAt: new Date(0), hash: (text: string) => `${text.length}`.padEnd(64, '0') };
const written: Pod = pod({ containers: [{ name: 'c', image: 'i' }] }, { name: 'web', namespace: 'default', uid: '' });
const node = { metadata: { name: 'Node-1', uid: 'u' } } as Node;

describe('a static pod', () => {
  it('is named after its node, known by its hash, bound here, and not driven away by taints', () => {
    const { metadata, spec, status } = staticPod(written, source);
    expect(metadata).toMatchObject({ name: 'web-node-1', namespace: 'default' });
    expect(metadata.uid).toHaveLength(32);
    expect(metadata.annotations).toEqual({
      'kubernetes.io/config.hash': metadata.uid,
      'kubernetes.io/config.source': 'file',
      'kubernetes.io/config.seen': '1970-01-01T00:00:00Z',
    });
    expect(spec).toMatchObject({ nodeName: 'Node-1', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] });
    expect(status).toEqual({ phase: 'Pending' });
  });

  it.each([
    ['what it says', staticPod({ ...written, metadata: { ...written.metadata, labels: { a: 'b' } } }, source)],
    ['its file', staticPod(written, { ...source, path: '/m/other.yaml' })],
    ['its node', staticPod(written, { ...source, nodeName: 'node-20' })],
  ])('is another one when %s is another', (_what, other) => {
    expect(other.metadata.uid).not.toBe(staticPod(written, source).metadata.uid);
  });

  it('keeps a uid of its own', () => {
    const own = staticPod({ ...written, metadata: { ...written.metadata, uid: 'mine' } }, source);
    expect(own.metadata).toMatchObject({ uid: 'mine', annotations: { 'kubernetes.io/config.hash': 'mine' } });
  });

  it.each<[string, Pod['spec']]>([
    ['a service account', { ...written.spec, serviceAccountName: 'robot' }],
    ['secrets', { ...written.spec, imagePullSecrets: [{ name: 's' }] }],
    ['configmaps', { ...written.spec, volumes: [{ name: 'v', configMap: { name: 'c' } }] }],
    ['persistentvolumeclaims', { ...written.spec, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }],
    [
      'service account tokens',
      { ...written.spec, volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
    ],
  ])('may not need the API: %s', (what, spec) =>
    expect(() => staticPod({ ...written, spec }, source)).toThrow(`static pods may not reference ${what}`),
  );
});

describe('mirror pods', () => {
  const own = staticPod(written, source);
  const mirror = mirrorPod(own, node);
  const inApi = (more: Pod['metadata'] = {}): Pod => ({ ...mirror, metadata: { ...mirror.metadata, uid: 'of-api', ...more } });
  const names = (pods: readonly Pod[]): (string | undefined)[] => pods.map(({ metadata }) => metadata.uid);

  it('show the pod, its hash and its node, under a uid of the API', () => {
    expect(mirror.metadata).toMatchObject({
      name: 'web-node-1',
      annotations: { 'kubernetes.io/config.mirror': own.metadata.uid, 'kubernetes.io/config.source': 'file' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'Node-1', uid: 'u', controller: true }],
    });
    expect(mirror.metadata).not.toHaveProperty('uid');
    expect(mirror).not.toHaveProperty('status');
  });

  it.each<{
    name: string;
    statics?: Pod[];
    bound?: Pod[];
    ending?: string[];
    want: Partial<Record<'create' | 'remove' | 'hidden', string[]>>;
  }>([
    { name: 'is made when there is none', bound: [], want: { create: [own.metadata.uid!] } },
    { name: 'stays while it shows the pod', want: {} },
    {
      name: 'is made anew when somebody deletes it',
      bound: [inApi({ deletionTimestamp: '2026-01-01T00:00:00Z' })],
      want: { remove: ['of-api'] },
    },
    {
      name: 'is made anew when it shows another',
      bound: [inApi({ annotations: { 'kubernetes.io/config.mirror': 'old' } })],
      want: { remove: ['of-api'] },
    },
    { name: 'goes with the file', statics: [], want: { remove: ['of-api'] } },
    { name: 'stays until the pod has ended', statics: [], ending: ['default/web-node-1'], want: {} },
    { name: 'cannot be made where a pod has the name', bound: [inApi({ annotations: {} })], want: { hidden: [own.metadata.uid!] } },
    { name: 'is not what an ordinary pod is', statics: [], bound: [inApi({ annotations: {} })], want: {} },
  ])('$name', ({ statics = [own], bound = [inApi()], ending = [], want }) => {
    const plan = planMirrors(statics, bound, new Set(ending));
    expect({ create: names(plan.create), remove: names(plan.remove), hidden: names(plan.hidden) }).toEqual({
      create: [],
      remove: [],
      hidden: [],
      ...want,
    });
  });
});
