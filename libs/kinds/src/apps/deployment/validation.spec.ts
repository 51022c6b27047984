import { cells, complaintsAbout, created, type Json, podSpec, updated } from '../../testing.ts';
import { deployment } from './kind.ts';

const template = (spec: Json = {}): Json => ({ metadata: { labels: { app: 'x' } }, spec: podSpec(spec) });
const specOf = (changes: Json = {}): Json => ({ selector: { matchLabels: { app: 'x' } }, template: template(), ...changes });

describe('a deployment', () => {
  const cases: { name: string; spec: Json; want: string[] }[] = [
    { name: 'is fine with a selector and a template', spec: specOf(), want: [] },
    {
      name: 'has no negative replicas',
      spec: specOf({ replicas: -1 }),
      want: ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    },
    {
      name: 'needs a selector',
      spec: { template: template() },
      want: [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
      ],
    },
    {
      name: 'selects something',
      spec: specOf({ selector: {} }),
      want: ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    },
    {
      name: 'selects its own pods',
      spec: specOf({ selector: { matchLabels: { app: 'y' } } }),
      want: ['spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
    },
    {
      name: 'restarts its pods always',
      spec: specOf({ template: template({ restartPolicy: 'Never' }) }),
      want: ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    },
    {
      name: 'makes progress',
      spec: specOf({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } }),
      want: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    },
    {
      name: 'cannot miss more than all',
      spec: specOf({ strategy: { rollingUpdate: { maxUnavailable: '150%' } } }),
      want: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%'],
    },
    {
      name: 'does not roll when it is made anew',
      spec: specOf({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
      want: ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    },
    {
      name: 'waits longer for progress than for readiness',
      spec: specOf({ minReadySeconds: 700 }),
      want: ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
    },
  ];
  it.each(cases)('$name', ({ spec, want }) => expect(complaintsAbout(deployment, { spec })).toEqual(want));

  it('rolls by a quarter', () => {
    expect(created(deployment, { spec: specOf() }).spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    });
  });

  it('keeps its selector and its status', () => {
    const stored = { ...created(deployment, { spec: specOf() }), status: { replicas: 1 } };
    const body = { metadata: stored.metadata, spec: specOf({ selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }) };
    const { object, complaints } = updated(deployment, stored, body);
    expect(object.status).toEqual({ replicas: 1 });
    expect(complaints).toEqual([
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable',
    ]);
  });

  it('is shown as kubectl shows it', () => {
    const stored = { ...created(deployment, { spec: specOf({ replicas: 3 }) }), status: { readyReplicas: 2, updatedReplicas: 3 } };
    expect(cells(deployment, stored)).toMatchObject({
      Ready: '2/3',
      'Up-to-date': 3,
      Available: 0,
      Containers: 'c',
      Images: 'example.com/a/b:1',
      Selector: 'app=x',
    });
  });
});
