import { cells, complaintsAbout, created, lines, type Json, updated } from '../../testing.ts';
import { persistentVolumeClaim } from './kind.ts';
import { validateClaimTemplate } from './template.ts';
import { validateClaimStatus } from './validation.ts';

const resources = { requests: { storage: '1Gi' } };
const of = (changes: Json = {}): Json => ({ accessModes: ['ReadWriteOnce'], resources, ...changes });
const other = { apiGroup: null, kind: 'PersistentVolumeClaim', name: 'b' };

describe('a claim', () => {
  it.each<[string, Json, string[]]>([
    ['of a size', of(), []],
    ['of no class', of({ storageClassName: '' }), []],
    ['of nothing', {}, ['spec.accessModes: Required value: at least 1 access mode is required', 'spec.resources[storage]: Required value']],
    [
      'of no size',
      of({ resources: { requests: { storage: '0' } } }),
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    ['of a copy', of({ dataSource: other }), []],
    ['of a copy that is named in both fields', of({ dataSource: other, dataSourceRef: other }), []],
    [
      'of two copies',
      of({ dataSource: other, dataSourceRef: { ...other, name: 'c' } }),
      ['spec: Invalid value: "spec.dataSource": must match dataSourceRef'],
    ],
    [
      'of a copy of what has no group',
      of({ dataSourceRef: { kind: 'Pod', name: '' } }),
      ['dataSource', 'dataSourceRef'].flatMap((field) => [
        `spec.${field}.name: Required value`,
        `spec.${field}: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
      ]),
    ],
    [
      'of a class with a bad name',
      of({ volumeAttributesClassName: 'Bad_' }),
      [expect.stringContaining('spec.volumeAttributesClassName: Invalid value') as unknown as string],
    ],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(persistentVolumeClaim, { spec })).toEqual(want));

  const change = (before: Json, after: Json, status: Json = { phase: 'Pending' }): string[] => {
    const stored = { ...created(persistentVolumeClaim, { spec: before }), status };
    return updated(persistentVolumeClaim, stored, { metadata: stored.metadata, spec: after }).complaints;
  };
  const bound = { phase: 'Bound', capacity: { storage: '1Gi' } };
  const size = (storage: string, changes: Json = {}): Json => of({ volumeName: 'v', resources: { requests: { storage } }, ...changes });
  const fixed = [
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
  ];

  it.each<[string, string[], string[]]>([
    ['is given its volume once', change(of(), of({ volumeName: 'v' })), []],
    ['keeps its volume', change(of({ volumeName: 'v' }), of({ volumeName: 'w' })), fixed],
    ['is given a class afterwards', change(of(), of({ storageClassName: 'fast' })), []],
    ['keeps its class', change(of({ storageClassName: 'fast' }), of({ storageClassName: 'slow' })), fixed],
    ['keeps being of no class', change(of({ storageClassName: '' }), of({ storageClassName: 'slow' })), fixed],
    ['keeps its modes', change(of(), of({ accessModes: ['ReadOnlyMany'] })), fixed],
    ['does not grow before it has a volume', change(of(), of({ resources: { requests: { storage: '2Gi' } } })), fixed],
    ['grows', change(size('1Gi'), size('2Gi'), bound), []],
    ['takes back what it asked for', change(size('3Gi'), size('2Gi'), bound), []],
    [
      'does not shrink',
      change(size('3Gi'), size('1Gi'), bound),
      ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
    ],
    ['asks for other attributes', change(size('1Gi'), size('1Gi', { volumeAttributesClassName: 'gold' }), bound), []],
    [
      'goes on asking for some',
      change(size('1Gi', { volumeAttributesClassName: 'gold' }), size('1Gi', { volumeAttributesClassName: '' }), bound),
      ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to an empty string is forbidden'],
    ],
  ])('that is there %s', (_name, complaints, want) => expect(complaints).toEqual(want));

  it('keeps the class of its annotation, which may move to the field', () => {
    const annotations = { 'volume.beta.kubernetes.io/storage-class': 'old' };
    const stored = created(persistentVolumeClaim, { metadata: { name: 'a', namespace: 'n', annotations }, spec: of() });
    const to = (changed: Json, spec: Json): string[] =>
      updated(persistentVolumeClaim, stored, { metadata: { ...stored.metadata, annotations: changed }, spec }).complaints;
    expect(to({}, of({ storageClassName: 'old' }))).toEqual([]);
    expect(to(annotations, of({ storageClassName: 'new' }))).toEqual(fixed);
    expect(to({}, of())).toEqual(['metadata.annotations[volume.beta.kubernetes.io/storage-class]: Invalid value: "": field is immutable']);
  });

  it.each<[Json, Json]>([
    [{ dataSource: other }, { dataSource: other, dataSourceRef: other }],
    [{ dataSourceRef: other }, { dataSource: other, dataSourceRef: other }],
    [{ dataSourceRef: { ...other, namespace: 'n' } }, { dataSource: other, dataSourceRef: other }],
    [{ dataSource: { apiGroup: 'example.com', kind: 'Image', name: 'i' } }, {}],
  ])('%j is stored as %j', (given, want) => {
    const { dataSource, dataSourceRef } = created(persistentVolumeClaim, { spec: of(given) }).spec;
    expect({ dataSource, dataSourceRef }).toEqual({ dataSource: undefined, dataSourceRef: undefined, ...want });
  });

  it('tells in its status what it grows to', () => {
    const claim = created(persistentVolumeClaim, { spec: of() });
    const status = {
      capacity: { storage: '-1' },
      allocatedResources: { cpu: '1' },
      allocatedResourceStatuses: { storage: 'Maybe', 'example.com/x': 'NodeResizePending' },
    };
    expect(lines(validateClaimStatus({ ...claim, status }))).toEqual([
      'status.capacity[storage]: Invalid value: "-1": must be a valid resource quantity',
      'status.allocatedResourceStatus: Unsupported value: "storage": supported values: "ControllerResizeInProgress", ' +
        '"ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
    ]);
  });

  it.each<[Json, Json, string[]]>([
    [{}, of(), []],
    [
      { 'volume.beta.kubernetes.io/storage-class': 'a' },
      of({ resources: { requests: { storage: '1500m' }, limits: { storage: '2' } } }),
      [
        'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
        'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
        'spec.resources.limits: has no effect, volumes are made as requested',
      ],
    ],
  ])('with %j and %j is warned of', (annotations, spec, want) => {
    const claim = created(persistentVolumeClaim, { metadata: { name: 'a', annotations }, spec });
    expect(persistentVolumeClaim.strategy?.warnings?.(claim)).toEqual(want);
  });

  it('of a pod’s template has labels and annotations alone', () => {
    const spec = created(persistentVolumeClaim, { spec: of() }).spec;
    expect(lines(validateClaimTemplate({ metadata: { labels: { a: 'b' } }, spec }, 't'))).toEqual([]);
    expect(lines(validateClaimTemplate({ metadata: { name: 'x', labels: { 'a b': '' } }, spec }, 't'))).toEqual([
      expect.stringMatching(/^t\.metadata\.labels: Invalid value: "a b"/),
      't.metadata.name: Forbidden: cannot be set',
    ]);
  });

  it('shows what it has once it has a volume', () => {
    const claim = created(persistentVolumeClaim, { spec: of({ storageClassName: 'fast' }) });
    expect(cells(persistentVolumeClaim, claim)).toEqual({
      Status: 'Pending',
      Volume: '',
      Capacity: '',
      'Access Modes': '',
      StorageClass: 'fast',
      VolumeAttributesClass: '<unset>',
      Age: '<unknown>',
      VolumeMode: 'Filesystem',
    });
    const status = { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } };
    expect(cells(persistentVolumeClaim, { ...claim, spec: { ...claim.spec, volumeName: 'v' }, status })).toMatchObject({
      Status: 'Bound',
      Volume: 'v',
      Capacity: '1Gi',
      'Access Modes': 'RWO',
    });
  });
});
