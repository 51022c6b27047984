import { cells, complaintsAbout, created, updated } from '../../testing.ts';
import { csiStorageCapacity } from './kind.ts';

const capacity = { storageClassName: 'fast', nodeTopology: { matchLabels: { zone: 'a' } }, capacity: '10Gi' };

describe('a storage capacity', () => {
  it('is of a class, and not below nothing', () => {
    expect(complaintsAbout(csiStorageCapacity, capacity)).toEqual([]);
    expect(
      complaintsAbout(csiStorageCapacity, {
        storageClassName: 'Bad_',
        capacity: '-1',
        nodeTopology: { matchExpressions: [{ key: 'k', operator: 'X' }] },
      }),
    ).toEqual([
      'nodeTopology.matchExpressions[0].operator: Invalid value: "X": not a valid selector operator',
      expect.stringMatching(/^storageClassName: Invalid value: "Bad_": a lowercase RFC 1123 subdomain/),
      'capacity: Invalid value: "-1": must be greater than or equal to 0',
    ]);
  });

  it('keeps what it is about, and changes how much there is', () => {
    const stored = created(csiStorageCapacity, capacity);
    const { metadata } = stored;
    expect(updated(csiStorageCapacity, stored, { metadata, ...capacity, capacity: '5Gi' }).complaints).toEqual([]);
    expect(updated(csiStorageCapacity, stored, { metadata, storageClassName: 'slow' }).complaints).toEqual([
      'nodeTopology: Invalid value: null: field is immutable',
      'storageClassName: Invalid value: "slow": field is immutable',
    ]);
    expect(cells(csiStorageCapacity, stored)).toEqual({ StorageClassName: 'fast', Capacity: '10Gi' });
  });
});
