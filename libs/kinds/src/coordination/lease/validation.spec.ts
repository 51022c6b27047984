import { complaintsAbout } from '../../testing.ts';
import { lease } from './kind.ts';

describe('a lease', () => {
  it.each([
    [{ leaseDurationSeconds: 15, leaseTransitions: 0 }, []],
    [{ leaseDurationSeconds: 0 }, ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']],
    [{ leaseTransitions: -1 }, ['spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0']],
    [{ preferredHolder: 'x' }, ['spec.preferredHolder: Forbidden: may only be specified when `strategy` is defined']],
  ])('of %j', (spec, want) => expect(complaintsAbout(lease, { spec })).toEqual(want));
});
