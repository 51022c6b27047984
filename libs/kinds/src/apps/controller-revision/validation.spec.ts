import { complaintsAbout, created, updated } from '../../testing.ts';
import { controllerRevision } from './kind.ts';

describe('a controller revision', () => {
  it('holds something and counts up', () => {
    expect(complaintsAbout(controllerRevision, { revision: -1 })).toEqual([
      'data: Required value: data is mandatory',
      'revision: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });

  it('keeps what it holds', () => {
    const stored = created(controllerRevision, { revision: 1, data: { a: 1 } });
    expect(updated(controllerRevision, stored, { metadata: stored.metadata, revision: 2, data: { a: 2 } }).complaints).toEqual([
      'data: Invalid value: {"a":2}: field is immutable',
    ]);
  });
});
