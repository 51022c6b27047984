import { complaintsAbout, created, updated } from '../../testing.ts';
import { priorityClass } from './kind.ts';

const reserved = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";

describe('a priority class', () => {
  it.each([
    ['a', 1000, []],
    ['a', 1_000_000_001, ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
    ['system-x', 5, [`${reserved}system-x is not a known system priority class`]],
    ['system-node-critical', 5, [`${reserved}value of system-node-critical PriorityClass must be 2000001000`]],
    ['system-node-critical', 2_000_001_000, []],
  ])('%s of %d', (name, value, want) => expect(complaintsAbout(priorityClass, { metadata: { name }, value })).toEqual(want));

  it('keeps its value', () => {
    const stored = created(priorityClass, { metadata: { name: 'a' }, value: 1 });
    const { complaints } = updated(priorityClass, stored, { metadata: stored.metadata, value: 2, preemptionPolicy: 'Never' });
    expect(complaints).toEqual([
      'Value: Forbidden: may not be changed in an update.',
      'preemptionPolicy: Invalid value: "Never": field is immutable',
    ]);
  });
});
