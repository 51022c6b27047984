import type { Namespace } from '#api/types';
import type { Resource } from '#client';
import { resources } from '#objects';
import { reconcile, type Remaining } from './reconcile.ts';

const now = new Date('2026-01-01T00:01:00Z');
const going: Namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'n', deletionTimestamp: '2026-01-01T00:00:00Z' },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Terminating' },
};
const left = (resource: Resource, metadata: object[] = [], failure?: string): Remaining => ({
  resource,
  objects: metadata.map((each, i) => ({ apiVersion: 'v1', kind: 'X', metadata: { name: `x${i}`, ...each } })),
  ...(failure && { failure }),
});
const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const plan = (content: Remaining[], namespace = going) => {
  const { actions, requeueAfterMs } = reconcile({ namespace, content }, now);
  return [...actions.map((action) => action.do), ...(requeueAfterMs === undefined ? [] : [requeueAfterMs])];
};
const settled = (content: Remaining[]): Namespace => {
  const [action] = reconcile({ namespace: going, content }, now).actions;
  return { ...going, ...(action?.do === 'updateStatus' && { status: action.status }) };
};

describe('a namespace that goes', () => {
  it.each<[string, Remaining[], (string | number)[]]>([
    ['is let go when nothing is left', [left(resources.pods), left(resources.secrets)], ['updateStatus', 'finalize']],
    ['deletes what lives, and looks again at once', [left(resources.pods, [{}])], ['deleteContent', 0]],
    ['waits for what goes', [left(resources.pods, [leaving])], ['updateStatus', 1000]],
    ['deletes what lives beside what goes', [left(resources.pods, [leaving, {}])], ['deleteContent', 0]],
    ['stays when it cannot be told what is left', [left(resources.pods), left(resources.secrets, [], 'no')], ['updateStatus', 1000]],
    ['tells why something could not be deleted, and tries again', [left(resources.pods, [{}], 'no')], ['updateStatus', 'deleteContent', 0]],
  ])('%s', (_case, content, want) => expect(plan(content)).toEqual(want));

  it.each<[string, Remaining[], (string | number)[]]>([
    ['empty', [left(resources.pods)], ['finalize']],
    ['not empty', [left(resources.pods, [leaving])], [1000]],
  ])('does not say a second time that it is %s', (_case, content, want) => {
    expect(plan(content, settled(content))).toEqual(want);
  });

  it('deletes only of resources of which something lives', () => {
    const { actions } = reconcile({ namespace: going, content: [left(resources.pods, [leaving]), left(resources.secrets, [{}])] }, now);
    expect(actions).toMatchObject([{ do: 'deleteContent', content: [{ resource: resources.secrets }] }]);
  });

  it('says what is left, what holds it, and what went wrong', () => {
    const held = { ...leaving, finalizers: ['example.com/wait'] };
    const content = [left(resources.pods, [held, held]), left(resources.deployments, [leaving], 'cannot list')];
    expect(
      Object.fromEntries((settled(content).status?.conditions ?? []).map(({ type, status, message }) => [type, [status, message]])),
    ).toEqual({
      NamespaceDeletionDiscoveryFailure: ['False', 'All resources successfully discovered'],
      NamespaceDeletionGroupVersionParsingFailure: ['False', 'All legacy kube types successfully parsed'],
      NamespaceDeletionContentFailure: ['True', 'Failed to delete all resource types, 1 remaining: cannot list'],
      NamespaceContentRemaining: [
        'True',
        'Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
      ],
      NamespaceFinalizersRemaining: [
        'True',
        'Some content in the namespace has finalizers remaining: example.com/wait in 2 resource instances',
      ],
    });
  });
});
