import { cells, complaintsAbout, created, updated } from '../../testing.ts';
import { volumeAttributesClass } from './kind.ts';

const body = { driverName: 'x.example.com', parameters: { iops: '10' } };

describe('a volume attributes class', () => {
  it('has a driver, and something to tell it', () => {
    expect(complaintsAbout(volumeAttributesClass, body)).toEqual([]);
    expect(complaintsAbout(volumeAttributesClass, { driverName: '' })).toEqual([
      'driverName: Required value',
      'parameters: Required value: must contain at least one key/value pair',
    ]);
  });

  it('stays as it is', () => {
    const stored = created(volumeAttributesClass, body);
    const changed = { metadata: stored.metadata, driverName: 'y.example.com', parameters: { iops: '20' } };
    expect(updated(volumeAttributesClass, stored, changed).complaints).toEqual([
      'driverName: Forbidden: updates to driverName are forbidden.',
      'parameters: Forbidden: updates to parameters are forbidden.',
    ]);
    expect(cells(volumeAttributesClass, stored)).toMatchObject({ DriverName: 'x.example.com' });
  });
});
