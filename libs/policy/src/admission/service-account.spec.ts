import { FakeView } from '#api-server/testing';
import type { Pod } from '#api/types';
import { ManualClock, seededRandom } from '#base/testing';
import { admit, type Case, dev, named, pod, refusal } from '../testing/admission.ts';
import { serviceAccount } from './service-account.ts';

const clock = new ManualClock();
const plugin = serviceAccount({ clock, random: seededRandom(1) });
const account = named('ServiceAccount', 'default', {}, 'dev');
const usual = new FakeView(dev, account);

describe('ServiceAccount', () => {
  it('gives a pod its identity and the files to prove it', async () => {
    const admitted = (await admit(plugin, { object: pod({ initContainers: [{ name: 'i' }] }) }, usual)) as Pod;
    const [volume] = admitted.spec.volumes ?? [];
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    const mount = { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    expect(admitted.spec).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      containers: [{ name: 'c', volumeMounts: [mount] }],
      initContainers: [{ name: 'i', volumeMounts: [mount] }],
    });
    expect(volume?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    });
  });
  it.each<[string, object, object]>([
    ['the pod', { automountServiceAccountToken: false }, {}],
    ['the account', {}, { automountServiceAccountToken: false }],
  ])('mounts nothing when %s says so', async (_who, spec, extra) => {
    const admitted = (await admit(
      plugin,
      { object: pod(spec) },
      new FakeView(dev, named('ServiceAccount', 'default', extra, 'dev')),
    )) as Pod;
    expect(admitted.spec.volumes ?? []).toEqual([]);
  });
  it('keeps a mount of the pod’s own in that place', async () => {
    const containers = [{ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }];
    const admitted = (await admit(plugin, { object: pod({ containers, volumes: [{ name: 'v', emptyDir: {} }] }) }, usual)) as Pod;
    expect(admitted.spec.volumes).toEqual([{ name: 'v', emptyDir: {} }]);
  });
  it('gives the account’s pull secrets to pods that have none', async () => {
    const view = new FakeView(dev, named('ServiceAccount', 'default', { imagePullSecrets: [{ name: 'r' }] }, 'dev'));
    expect(((await admit(plugin, { object: pod() }, view)) as Pod).spec.imagePullSecrets).toEqual([{ name: 'r' }]);
    const own = pod({ imagePullSecrets: [{ name: 'own' }] });
    expect(((await admit(plugin, { object: own }, view)) as Pod).spec.imagePullSecrets).toEqual([{ name: 'own' }]);
  });
  it('refuses an account that is not there', async () => {
    expect(await refusal(plugin, { object: pod({ serviceAccountName: 'x' }) }, usual)).toBe(
      'pods "p" is forbidden: error looking up service account dev/x: serviceaccount "x" not found',
    );
  });

  it('waits a little for the default account of a new namespace', async () => {
    const view = new FakeView(dev);
    const waiting = admit(plugin, { object: pod() }, view);
    await clock.advance(100);
    view.put(account);
    await clock.advance(100);
    expect(((await waiting) as Pod).spec.serviceAccountName).toBe('default');
  });

  const mirror = (spec: object): Case => ({ object: pod(spec, { annotations: { 'kubernetes.io/config.mirror': 'x' } }) });
  it('gives a mirror pod nothing', async () => {
    const given = mirror({});
    expect(await admit(plugin, given, usual)).toBe(given.object);
  });
  it.each<[string, object]>([
    ['a mirror pod may not reference service accounts', { serviceAccountName: 'app' }],
    ['a mirror pod may not reference secrets', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }],
    [
      'a mirror pod may not use ServiceAccountToken volume projections',
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
    ],
  ])('refuses: %s', async (says, spec) => {
    expect(await refusal(plugin, mirror(spec), usual)).toBe(`pods "p" is forbidden: ${says}`);
  });
});
