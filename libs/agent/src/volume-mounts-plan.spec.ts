import { isRecursive, propagationOf } from './volume-mounts-plan.ts';

const mount = { name: 'v', mountPath: '/v' };

describe('mounts of volumes', () => {
  it.each([
    { recursiveReadOnly: undefined, recursive: false },
    { recursiveReadOnly: 'Disabled', recursive: false },
    { recursiveReadOnly: 'IfPossible', recursive: true },
    { recursiveReadOnly: 'Enabled', recursive: true },
  ])('are read-only all the way down: $recursiveReadOnly', ({ recursiveReadOnly, recursive }) => {
    expect(isRecursive({ ...mount, readOnly: true, recursiveReadOnly })).toBe(recursive);
    expect(isRecursive({ ...mount, recursiveReadOnly })).toBe(false);
  });

  it.each([
    { mountPropagation: undefined, propagation: 'private' },
    { mountPropagation: 'None', propagation: 'private' },
    { mountPropagation: 'HostToContainer', propagation: 'rslave' },
    { mountPropagation: 'Bidirectional', propagation: 'rshared' },
  ])('propagate by $mountPropagation', ({ mountPropagation, propagation }) => {
    expect(propagationOf({ ...mount, mountPropagation })).toBe(propagation);
  });
});
