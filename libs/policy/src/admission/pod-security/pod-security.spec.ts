import { describe, expect, it } from '@jest/globals';
import { ApiError, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionRequest } from '#api-server/contract';
import { FakeView } from '#api-server/testing';
import { defaultPodSecurity, parsePodSecurity } from './configuration.ts';
import { podSecurity } from './pod-security.ts';

const namespace = (labels: Record<string, string>, name = 'dev'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value])),
  },
});
const spec = (extra: object = {}): object => ({ containers: [{ name: 'c', image: 'i' }], ...extra });
const hostPod = spec({ hostPID: true });
const object = (kind: string, body: object, name = 'x'): KubeObject =>
  ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'dev' }, ...body }) as KubeObject;
const pod = (body: object = hostPod, name = 'x', metadata: object = {}): KubeObject => {
  const made = object('Pod', { spec: body }, name);
  return { ...made, metadata: { ...made.metadata, ...metadata } };
};

interface Given {
  object: KubeObject;
  old?: KubeObject;
  resource?: string;
  subresource?: string;
  user?: string;
}

/** The refusal, or the warnings. */
async function judged(
  { object: next, old, resource = 'pods', subresource = '', user = 'u' }: Given,
  view: FakeView,
  configuration = defaultPodSecurity,
) {
  const [plural = '', group = ''] = resource.split('.');
  const request: AdmissionRequest = {
    verb: old ? 'update' : 'create',
    user: { username: user, groups: [] },
    resource: { group, version: 'v1', resource: plural },
    kind: { group, version: 'v1', kind: next.kind },
    subresource,
    namespace: next.metadata.namespace ?? '',
    name: next.metadata.name ?? '',
    dryRun: false,
    object: next,
    oldObject: old,
  };
  const warnings: string[] = [];
  const get: AdmissionIo['get'] = (gvk, ns, name) => view.get(gvk, ns, name);
  const io = {
    get,
    fresh: async () => undefined,
    list: view.list.bind(view),
    warn: (text: string) => warnings.push(text),
  } as unknown as AdmissionIo;
  const plugin = podSecurity(configuration);
  if (!plugin.handles(request.verb, request.resource, subresource)) return 'not looked at';
  try {
    await plugin.validate!(request, io);
  } catch (err) {
    if (err instanceof ApiError) return `${err.code} ${err.message}`;
    throw err;
  }
  return warnings.join('\n');
}
const inNamespace = (labels: Record<string, string>): FakeView => new FakeView(namespace(labels));
const enforced = inNamespace({ enforce: 'baseline' });
const refusal = '403 pods "x" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)';
const warning = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)';

describe('pods', () => {
  it.each<[string, Record<string, string>, string]>([
    ['are refused', { enforce: 'baseline' }, refusal],
    ['are refused once, not warned of as well', { enforce: 'baseline', warn: 'restricted' }, refusal],
    [
      'are judged by the version that is asked for',
      { enforce: 'baseline', 'enforce-version': 'v1.20' },
      refusal.replace('latest', 'v1.20'),
    ],
    ['are warned of', { warn: 'baseline' }, warning],
    ['are left alone by audit', { audit: 'restricted' }, ''],
    ['are left alone without labels', {}, ''],
    [
      'are judged as strictly as can be by a label that is wrong',
      { enforce: 'typo' },
      '403 pods "x" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostPID=true), allow',
    ],
  ])('%s: %j', async (_what, labels, want) => {
    expect((await judged({ object: pod() }, inNamespace(labels))).slice(0, Math.max(want.length, 1))).toBe(want);
  });

  it('may be what the standard allows', async () => {
    expect(await judged({ object: pod(spec()) }, enforced)).toBe('');
  });

  it.each<[string, Given, string]>([
    ['a label', { object: pod(hostPod, 'x', { labels: { a: 'b' } }), old: pod() }, ''],
    ['an image', { object: pod(spec({ hostPID: true, containers: [{ name: 'c', image: 'other' }] })), old: pod() }, refusal],
    [
      'an image of an init container',
      {
        object: pod({ ...hostPod, initContainers: [{ name: 'i', image: 'b' }] }),
        old: pod({ ...hostPod, initContainers: [{ name: 'i', image: 'a' }] }),
      },
      refusal,
    ],
    [
      'the seccomp annotation',
      { object: pod(hostPod, 'x', { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'a' } }), old: pod() },
      refusal,
    ],
    [
      'an ephemeral container',
      {
        object: pod(spec({ ephemeralContainers: [{ name: 'e', image: 'i', securityContext: { privileged: true } }] })),
        old: pod(spec()),
        subresource: 'ephemeralcontainers',
      },
      '403 pods "x" is forbidden: violates PodSecurity "baseline:latest": privileged (container "e" must not set securityContext.privileged=true)',
    ],
    ['its size', { object: pod(), old: pod(), subresource: 'resize' }, ''],
    ['its status', { object: pod(), old: pod(), subresource: 'status' }, 'not looked at'],
    ['its node', { object: pod(), subresource: 'binding' }, 'not looked at'],
    ['an eviction', { object: pod(), subresource: 'eviction' }, 'not looked at'],
  ])('that change %s', async (_what, given, want) => {
    expect(await judged(given, enforced)).toBe(want);
  });

  it.each<[string, string, Given]>([
    ['user', 'usernames: [ci]', { object: pod(), user: 'ci' }],
    ['namespace', 'namespaces: [dev]', { object: pod() }],
    ['runtime class', 'runtimeClasses: [kata]', { object: pod({ ...hostPod, runtimeClassName: 'kata' }) }],
  ])('of an exempt %s are let through', async (_what, exemptions, given) => {
    const configuration = parsePodSecurity(
      `{apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, exemptions: {${exemptions}}}`,
    );
    expect(await judged(given, enforced)).toBe(refusal);
    expect(await judged(given, enforced, configuration)).toBe('');
  });

  it('are judged by the defaults where the namespace says nothing', async () => {
    const configuration = parsePodSecurity(
      '{apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, defaults: {enforce: baseline}}',
    );
    expect(await judged({ object: pod() }, inNamespace({}), configuration)).toBe(refusal);
    expect(await judged({ object: pod() }, inNamespace({ enforce: 'privileged' }), configuration)).toBe('');
  });
});

describe('what makes pods', () => {
  const template = { template: { metadata: {}, spec: hostPod } };
  const view = inNamespace({ enforce: 'baseline', warn: 'baseline' });
  it.each<[string, object]>([
    ['deployments.apps', { spec: template }],
    ['replicasets.apps', { spec: template }],
    ['statefulsets.apps', { spec: template }],
    ['daemonsets.apps', { spec: template }],
    ['jobs.batch', { spec: template }],
    ['cronjobs.batch', { spec: { jobTemplate: { spec: template } } }],
    ['replicationcontrollers', { spec: template }],
    ['podtemplates', template],
  ])('%s are warned of and made', async (resource, body) => {
    expect(await judged({ object: object('X', body), resource }, view)).toBe(warning);
    expect(await judged({ object: object('X', body), old: object('X', {}), resource }, view)).toBe(warning);
    expect(await judged({ object: object('X', body), resource, subresource: 'scale' }, view)).toBe('not looked at');
  });

  it('may have no template', async () => {
    expect(await judged({ object: object('ReplicationController', { spec: {} }), resource: 'replicationcontrollers' }, view)).toBe('');
  });
});

describe('namespaces', () => {
  const label = 'metadata.labels[pod-security.kubernetes.io/enforce]';
  const invalid = `422 Namespace "dev" is invalid: ${label}: Invalid value: "odd": must be one of privileged, baseline, restricted`;
  const update = (before: Record<string, string>, after: Record<string, string>, view = new FakeView()) =>
    judged({ object: namespace(after), old: namespace(before), resource: 'namespaces' }, view);

  it('have labels that are right', async () => {
    expect(await judged({ object: namespace({ enforce: 'odd' }), resource: 'namespaces' }, new FakeView())).toBe(invalid);
    expect(await update({}, { enforce: 'odd' })).toBe(invalid);
    expect(await update({ enforce: 'odd' }, { enforce: 'odd' })).toBe('');
    expect(
      await judged(
        { object: namespace({ enforce: 'odd' }), old: namespace({}), resource: 'namespaces', subresource: 'status' },
        new FakeView(),
      ),
    ).toBe('not looked at');
  });

  const full = new FakeView(
    pod(spec(), 'fine'),
    ...['z', 'b', 'c'].map((name) => pod(hostPod, name)),
    pod(spec({ hostNetwork: true, hostPID: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] }), 'two'),
    { ...pod(hostPod, 'elsewhere'), metadata: { name: 'elsewhere', namespace: 'other' } },
  );
  const told = (level: string): string =>
    [
      `existing pods in namespace "dev" violate the new PodSecurity enforce level "${level}"`,
      'b (and 2 other pods): host namespaces',
      'two: host namespaces, hostPath volumes',
    ].join('\n');
  it.each<[Record<string, string>, Record<string, string>, string]>([
    [{}, { enforce: 'baseline' }, told('baseline:latest')],
    [{ enforce: 'baseline' }, { enforce: 'baseline', 'enforce-version': 'v1.30' }, told('baseline:v1.30')],
    [{ enforce: 'baseline' }, { enforce: 'baseline' }, ''],
    [{ enforce: 'restricted' }, { enforce: 'baseline' }, ''],
    [{ enforce: 'baseline' }, {}, ''],
    [{}, { warn: 'baseline', audit: 'restricted' }, ''],
  ])('from %j to %j tell of pods that are there', async (before, after, want) => {
    expect(await update(before, after, full)).toBe(want);
  });

  it('tell how many pods they looked at', async () => {
    const many = new FakeView(...Array.from({ length: 3001 }, (_, i) => pod(spec(), `p${i}`)));
    expect(await update({}, { enforce: 'baseline' }, many)).toBe(
      'new PodSecurity enforce level only checked against the first 3000 of 3001 existing pods',
    );
  });
});
