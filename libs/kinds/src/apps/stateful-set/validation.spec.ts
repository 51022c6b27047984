import { cells, complaintsAbout, created, type Json, podSpec, updated } from '../../testing.ts';
import { statefulSet } from './kind.ts';

const specOf = (changes: Json = {}, container: Json = {}): Json => ({
  serviceName: 's',
  selector: { matchLabels: { app: 'x' } },
  template: { metadata: { labels: { app: 'x' } }, spec: podSpec({}, container) },
  ...changes,
});
const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

describe('a stateful set', () => {
  it.each<[string, Json, string[]]>([
    ['with a template', specOf(), []],
    ['that mounts its claims', specOf({ volumeClaimTemplates: [claim] }, { volumeMounts: [{ name: 'data', mountPath: '/d' }] }), []],
    [
      'of another order',
      specOf({ podManagementPolicy: 'Any' }),
      ["spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'"],
    ],
    [
      'that rolls on deletion',
      specOf({ updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }),
      ['spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\''],
    ],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(statefulSet, { spec })).toEqual(want));

  it('rolls all, keeps its claims, and makes them whole', () => {
    expect(created(statefulSet, { spec: specOf({ volumeClaimTemplates: [claim] }) }).spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [
        { kind: 'PersistentVolumeClaim', apiVersion: 'v1', spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } },
      ],
    });
  });

  it('changes only what it can change in place', () => {
    const stored = created(statefulSet, { spec: specOf() });
    const change = (changes: Json): string[] =>
      updated(statefulSet, stored, { metadata: stored.metadata, spec: specOf(changes) }).complaints;
    expect(change({ replicas: 3 })).toEqual([]);
    expect(change({ serviceName: 't' })).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
    expect(cells(statefulSet, stored)).toMatchObject({ Ready: '0/1', Containers: 'c' });
  });
});
