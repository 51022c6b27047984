import type { HorizontalPodAutoscaler } from '#api/types';
import { complaintsAbout, created, type Json, lines, updated } from '../../testing.ts';
import { horizontalPodAutoscaler } from './kind.ts';
import { validateAutoscalerStatus } from './validation.ts';

const kind = horizontalPodAutoscaler({ scaleToZero: false });
const toZero = horizontalPodAutoscaler({ scaleToZero: true });
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const spec = { scaleTargetRef, maxReplicas: 3 };
const cpu = (target: Json): Json => ({ type: 'Resource', resource: { name: 'cpu', target } });
const external = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '5' } } };
const rules = (changes: Json): Json => ({ behavior: { scaleDown: changes } });
const policy = (changes: Json): Json => rules({ policies: [{ type: 'Pods', value: 1, periodSeconds: 15, ...changes }] });

describe('an autoscaler', () => {
  it.each<[string, Json, string[]]>([
    ['the least', {}, []],
    [
      'to zero, which is a feature of its own',
      { minReplicas: 0, metrics: [external] },
      ['spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'],
    ],
    [
      'nothing at most',
      { maxReplicas: 0 },
      [
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      ],
    ],
    [
      'a target with a slash',
      { scaleTargetRef: { ...scaleTargetRef, kind: 'a/b' } },
      ['spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain \'/\''],
    ],
    [
      'a target of a version that is none',
      { scaleTargetRef: { ...scaleTargetRef, apiVersion: 'a/b/c' } },
      ['spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
    ],
    [
      'a target of no group',
      { scaleTargetRef: { ...scaleTargetRef, apiVersion: 'v1' } },
      ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
    ],
    ['a replication controller', { scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'd' } }, []],
    [
      'a window that is too long',
      rules({ stabilizationWindowSeconds: 3601 }),
      ['spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600'],
    ],
    [
      'a window below zero',
      rules({ stabilizationWindowSeconds: -1 }),
      ['spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero'],
    ],
    [
      'another selection',
      rules({ selectPolicy: 'Best' }),
      ['spec.behavior.scaleDown.selectPolicy: Unsupported value: "Best": supported values: "Disabled", "Max", "Min"'],
    ],
    ['no policy', rules({ policies: [] }), ['spec.behavior.scaleDown.policies: Required value: must specify at least one Policy']],
    ['policies that are null', rules({ policies: null }), []],
    [
      'another policy',
      policy({ type: 'Nodes' }),
      ['spec.behavior.scaleDown.policies[0].type: Unsupported value: "Nodes": supported values: "Percent", "Pods"'],
    ],
    [
      'a policy of nothing',
      policy({ value: 0, periodSeconds: 0 }),
      [
        'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 0: must be greater than zero',
      ],
    ],
    [
      'a policy over half an hour',
      policy({ periodSeconds: 1801 }),
      ['spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800'],
    ],
    ['a tolerance', rules({ tolerance: '50m' }), []],
    [
      'a tolerance below zero',
      rules({ tolerance: '-0.1' }),
      ['spec.behavior.scaleDown.tolerance: Invalid value: "-100m": must be greater than or equal to 0'],
    ],
  ])('of %s', (_what, changes, want) => expect(complaintsAbout(kind, { spec: { ...spec, ...changes } })).toEqual(want));

  const at = 'spec.metrics[0]';
  it.each<[string, Json, string[]]>([
    [
      'no type',
      { resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 1 } } },
      [
        `${at}.type: Required value: must specify a metric source type`,
        `${at}.type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`,
      ],
    ],
    ['a type without its source', { type: 'Pods' }, [`${at}.pods: Required value: must populate information for the given metric source`]],
    [
      'two sources',
      { ...cpu({ type: 'Utilization', averageUtilization: 1 }), external: external.external },
      [`${at}.external: Forbidden: must populate the given metric source only`],
    ],
    [
      'a utilization of nothing',
      cpu({ type: 'Utilization', averageUtilization: 0 }),
      [`${at}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`],
    ],
    [
      'no target',
      cpu({ type: 'Utilization' }),
      [`${at}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`],
    ],
    [
      'two targets',
      cpu({ type: 'Utilization', averageUtilization: 1, averageValue: '1' }),
      [`${at}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`],
    ],
    [
      'another target',
      cpu({ type: 'Sum', averageValue: '0' }),
      [
        `${at}.resource.target.type: Invalid value: "Sum": must be either Utilization, Value, or AverageValue`,
        `${at}.resource.target.averageValue: Invalid value: "0": must be positive`,
      ],
    ],
    [
      'a container',
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'C', target: { type: 'AverageValue', averageValue: '1' } },
      },
      [expect.stringMatching(/^spec\.metrics\[0]\.containerResource\.container: Invalid value: "C": a lowercase RFC 1123 label/)],
    ],
    [
      'a resource that containers have not',
      {
        type: 'ContainerResource',
        containerResource: { name: 'pods', container: 'c', target: { type: 'AverageValue', averageValue: '1' } },
      },
      [`${at}.containerResource.name: Invalid value: "pods": must be a standard resource for containers`],
    ],
    [
      'pods without a value',
      { type: 'Pods', pods: { metric: { name: '' }, target: { type: 'Value', value: '1' } } },
      [
        `${at}.pods.metric.name: Required value: must specify a metric name`,
        `${at}.pods.target.averageValue: Required value: must specify a positive target averageValue`,
      ],
    ],
    [
      'an object',
      {
        type: 'Object',
        object: {
          describedObject: { kind: 'Service', name: 'a/b', apiVersion: 'a/b/c' },
          metric: { name: '..' },
          target: { type: 'Value' },
        },
      },
      [
        `${at}.object.describedObject.name: Invalid value: "a/b": may not contain '/'`,
        `${at}.object.describedObject.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c`,
        `${at}.object.metric.name: Invalid value: "..": may not be '..'`,
        `${at}.object.target.averageValue: Required value: must set either a target value or averageValue`,
      ],
    ],
    [
      'what is outside',
      { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '1', averageValue: '1' } } },
      [`${at}.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target`],
    ],
  ])('by a metric of %s', (_what, metric, want) => expect(complaintsAbout(kind, { spec: { ...spec, metrics: [metric] } })).toEqual(want));

  it('goes to zero where that is on, and by what does not come from pods', () => {
    expect(complaintsAbout(toZero, { spec: { ...spec, minReplicas: 0, metrics: [external] } })).toEqual([]);
    expect(complaintsAbout(toZero, { spec: { ...spec, minReplicas: 0 } })).toEqual([
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ]);
  });

  it('may stay as it was, though it would not be taken anew', () => {
    const zero = created(toZero, { spec: { ...spec, minReplicas: 0, metrics: [external] } });
    expect(updated(kind, zero, { ...zero }).complaints).toEqual([]);
    const old = { ...created(kind, { spec }), spec: { ...spec, scaleTargetRef: { ...scaleTargetRef, apiVersion: 'a/b/c' } } };
    expect(updated(kind, old, { ...old }).complaints).toEqual([]);
    expect(updated(kind, created(kind, { spec }), { ...old }).complaints).toHaveLength(1);
  });

  it('has defaults, of its behavior once it has one', () => {
    const { spec: plain } = created(kind, { spec });
    expect(plain).toMatchObject({ minReplicas: 1, metrics: [cpu({ type: 'Utilization', averageUtilization: 80 })] });
    expect(plain.behavior).toBeUndefined();
    expect(created(kind, { spec: { ...spec, ...rules({ selectPolicy: 'Min' }) } }).spec.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    });
  });

  it('has a status that only its own path writes', () => {
    const stored: HorizontalPodAutoscaler = { ...created(kind, { spec, status: { desiredReplicas: 9 } }) };
    expect(stored.status).toEqual({ desiredReplicas: 0, currentMetrics: null });
    expect(updated(kind, stored, { ...stored, status: { desiredReplicas: 9 } }).object.status).toEqual(stored.status);
    expect(lines(validateAutoscalerStatus({ ...stored, status: { desiredReplicas: -1, currentReplicas: -1 } }))).toEqual([
      'status.currentReplicas: Invalid value: -1: must be greater than or equal to 0',
      'status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});
