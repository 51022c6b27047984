import { statefulSet } from '../apps/stateful-set/kind.ts';
import { storedOnly } from './stored-only.ts';

describe('a kind that is only stored', () => {
  const kind = storedOnly(statefulSet, 'no controller acts on it');
  const object = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'a' },
    spec: { serviceName: '', selector: {}, template: {} },
  } as Parameters<NonNullable<typeof statefulSet.validate>>[0];

  it('says so to whoever creates one, and not again', () => {
    expect(kind.strategy?.warnings?.(object)).toContain('StatefulSet.apps: Berth stores this object, but no controller acts on it yet');
    expect(kind.strategy?.warnings?.(object, object)).not.toContain(
      'StatefulSet.apps: Berth stores this object, but no controller acts on it yet',
    );
  });
});
