import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { csiDriver } from './kind.ts';

describe('a CSI driver', () => {
  it.each<[string, Json, string[]]>([
    ['that says nothing', {}, []],
    [
      'of unheard-of policies',
      { fsGroupPolicy: 'X', volumeLifecycleModes: ['Persistent', 'Y'] },
      [
        'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"',
        'spec.volumeLifecycleModes: Unsupported value: "Y": supported values: "Persistent", "Ephemeral"',
      ],
    ],
    [
      'that asks for tokens',
      {
        tokenRequests: [
          { audience: '' },
          { audience: '' },
          { audience: 'a', expirationSeconds: 599 },
          { audience: 'b', expirationSeconds: 2 ** 32 + 1 },
        ],
      },
      [
        'spec.tokenRequests[1].audience: Duplicate value: ""',
        'spec.tokenRequests[2].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[3].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
      ],
    ],
    [
      'whose limits are asked for too often',
      { nodeAllocatableUpdatePeriodSeconds: 9 },
      ['spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds'],
    ],
    [
      'that wants no tokens in its secrets',
      { serviceAccountTokenInSecrets: true },
      ['spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified'],
    ],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(csiDriver, { spec })).toEqual(want));

  it('keeps whether it attaches, and for which volumes it is', () => {
    const stored = created(csiDriver, { spec: {} });
    expect(
      updated(csiDriver, stored, { metadata: stored.metadata, spec: { podInfoOnMount: true, requiresRepublish: true } }).complaints,
    ).toEqual([]);
    const spec = { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] };
    expect(updated(csiDriver, stored, { metadata: stored.metadata, spec }).complaints).toEqual([
      'spec.attachedRequired: Invalid value: false: field is immutable',
      'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
    ]);
  });

  it('shows what it does, its defaults too', () => {
    const spec = { tokenRequests: [{ audience: 'a' }, { audience: 'b' }] };
    expect(cells(csiDriver, created(csiDriver, { spec }))).toMatchObject({
      AttachRequired: true,
      PodInfoOnMount: false,
      StorageCapacity: false,
      TokenRequests: 'a,b',
      RequiresRepublish: false,
      Modes: 'Persistent',
    });
    expect(created(csiDriver, { spec }).spec).toMatchObject({ fsGroupPolicy: 'ReadWriteOnceWithFSType', seLinuxMount: false });
  });
});
