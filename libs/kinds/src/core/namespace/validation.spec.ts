import { lines } from '../../testing.ts';
import { complaintsAbout, created, updated } from '../../testing.ts';
import { namespace } from './kind.ts';
import { prepareFinalize, strategy } from './strategy.ts';
import { validateNamespaceStatus } from './validation.ts';

const active = created(namespace, { metadata: { name: 'n' }, status: { phase: 'Terminating' } });

describe('a namespace', () => {
  it('starts Active, with a finalizer for its content and its name as a label', () => {
    expect(active).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'n' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  it('changes neither its finalizers nor its phase in an update', () => {
    const { object } = updated(namespace, active, {
      metadata: active.metadata,
      spec: { finalizers: [] },
      status: { phase: 'Terminating' },
    });
    expect(object).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
  });

  it('stays, Terminating, until its finalizers are gone', () => {
    const dying = strategy.deletionGrace?.(active, undefined)?.object ?? active;
    expect(dying.status?.phase).toBe('Terminating');
    expect(strategy.canFinish?.(dying)).toBe(false);
    expect(strategy.canFinish?.(prepareFinalize({ ...dying, spec: { finalizers: [] } }, dying))).toBe(true);
  });

  it('is Terminating exactly while it is being deleted', () => {
    const revived = { ...active, status: { phase: 'Terminating' } };
    expect(lines(validateNamespaceStatus(revived))).toEqual([
      'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
    ]);
  });

  it('has finalizers with a domain', () => {
    expect(complaintsAbout(namespace, { metadata: { name: 'n' }, spec: { finalizers: ['mine'] } })).toEqual([
      'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ]);
  });
});
