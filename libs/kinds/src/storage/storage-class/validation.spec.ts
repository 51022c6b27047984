import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { storageClass } from './kind.ts';

const provisioner = 'example.com/p';
const topology = (...expressions: Json[]): Json => ({ matchLabelExpressions: expressions });

describe('a storage class', () => {
  it.each<[string, Json, string[]]>([
    ['of a provisioner', { provisioner }, []],
    ['of a provisioner in capitals', { provisioner: 'Example.com/P' }, []],
    ['of nobody', { provisioner: '' }, ['provisioner: Required value']],
    [
      'that recycles',
      { provisioner, reclaimPolicy: 'Recycle' },
      ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    ],
    [
      'that binds sometimes',
      { provisioner, volumeBindingMode: 'Sometimes' },
      ['volumeBindingMode: Unsupported value: "Sometimes": supported values: "Immediate", "WaitForFirstConsumer"'],
    ],
    ['with a parameter of no name', { provisioner, parameters: { '': 'x' } }, ['parameters: Invalid value: "": field can not be empty.']],
    [
      'with too many parameters',
      { provisioner, parameters: Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`p${i}`, ''])) },
      ['parameters: Too long: may not be more than 512 bytes'],
    ],
    [
      'with long parameters',
      { provisioner, parameters: { a: 'x'.repeat(2 ** 18) } },
      ['parameters: Too long: may not be more than 262144 bytes'],
    ],
    [
      'with topologies that say nothing, or the same twice',
      {
        provisioner,
        allowedTopologies: [
          topology({ key: 'z', values: ['a', 'b'] }),
          topology({ key: 'z', values: ['b', 'a'] }),
          topology({ key: 'z', values: [] }, { key: 'z', values: ['a', 'a'] }),
        ],
      },
      [
        'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
        'allowedTopologies[2].matchLabelExpressions[0].values: Required value',
        'allowedTopologies[2].matchLabelExpressions[1].values[1]: Duplicate value: "a"',
        'allowedTopologies[2].matchLabelExpressions[1].key: Duplicate value: "z"',
      ],
    ],
  ])('%s', (_name, body, want) => expect(complaintsAbout(storageClass, body)).toEqual(want));

  it('keeps what its volumes were made by; whether they may grow changes', () => {
    const stored = created(storageClass, { provisioner });
    const change = (body: Json): string[] => updated(storageClass, stored, { metadata: stored.metadata, provisioner, ...body }).complaints;
    expect(change({ allowVolumeExpansion: true, mountOptions: ['ro'] })).toEqual([]);
    expect(
      change({ provisioner: 'a/b', parameters: { a: 'b' }, reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' }),
    ).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ]);
  });

  it('says that it is the default', () => {
    const metadata = { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } };
    expect(cells(storageClass, created(storageClass, { metadata, provisioner }))).toEqual({
      Name: 'fast (default)',
      Provisioner: provisioner,
      ReclaimPolicy: 'Delete',
      VolumeBindingMode: 'Immediate',
      AllowVolumeExpansion: false,
      Age: '<unknown>',
    });
  });
});
