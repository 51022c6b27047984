import { FakeView } from '#api-server/testing';
import { admit, type Case, dev, named, pod, refusal } from '../testing/admission.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';

describe('NamespaceLifecycle', () => {
  const terminating = named('Namespace', 'dev', { metadata: { name: 'dev', deletionTimestamp: '2026-01-01T00:00:00Z' } });
  it('lets a pod into a namespace that is there', async () => {
    expect(await admit(namespaceLifecycle, { object: pod() })).toEqual(pod());
  });
  it.each<[string, Case, FakeView]>([
    ['namespaces "dev" not found', { object: pod() }, new FakeView()],
    [
      'pods "p" is forbidden: unable to create new content in namespace dev because it is being terminated',
      { object: pod() },
      new FakeView(terminating),
    ],
    [
      'namespaces "default" is forbidden: this namespace may not be deleted',
      { resource: 'namespaces', verb: 'delete', name: 'default' },
      new FakeView(),
    ],
    [
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
      { resource: 'namespaces', verb: 'delete', name: 'kube-system' },
      new FakeView(),
    ],
  ])('%s', async (says, given, view) => {
    expect(await refusal(namespaceLifecycle, given, view)).toBe(says);
  });
  it('says why in a cause that clients look for', async () => {
    await expect(admit(namespaceLifecycle, { object: pod() }, new FakeView(terminating))).rejects.toMatchObject({
      status: {
        details: {
          causes: [{ reason: 'NamespaceTerminating', message: 'namespace dev is being terminated', field: 'metadata.namespace' }],
        },
      },
    });
  });
  it.each<[string, Case]>([
    ['changes in a namespace that ends', { verb: 'update', object: pod() }],
    ['deletes in a namespace that ends', { verb: 'delete', object: undefined, namespace: 'dev', name: 'p' }],
    ['deleting another namespace', { resource: 'namespaces', verb: 'delete', name: 'dev' }],
    ['objects without a namespace', { resource: 'nodes', object: named('Node', 'n') }],
  ])('lets through: %s', async (_what, given) => {
    await admit(namespaceLifecycle, given, new FakeView(terminating));
  });

  it('asks again for a namespace that was made a moment ago', async () => {
    const view = new FakeView();
    const get = view.get.bind(view);
    let asked = 0;
    view.get = (gvk, namespace, name) => (asked++ === 0 ? undefined : get(gvk, namespace, name));
    view.put(dev);
    await admit(namespaceLifecycle, { object: pod() }, view);
    expect(asked).toBe(2);
  });
  it('lets reviews ask about namespaces that are not there', () => {
    const resource = { group: 'authorization.k8s.io', version: 'v1', resource: 'localsubjectaccessreviews' };
    expect(namespaceLifecycle.handles('create', resource, '')).toBe(false);
  });
});
