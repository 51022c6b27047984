import { cells, complaintsAbout, created, updated } from '../../testing.ts';
import { resourceQuota } from './kind.ts';

const quota = (spec: object) => ({ spec });
const selecting = (scopeName: string, operator: string, values?: string[]) => ({
  hard: { pods: '1' },
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values && { values }) }] },
});
const selector = 'spec.scopeSelector.matchExpressions';

describe('resource quotas', () => {
  it.each<[string, object, string[]]>([
    ['compute and counts', { hard: { 'requests.cpu': '1', 'limits.memory': '1Gi', pods: '4', 'count/deployments.apps': '2' } }, []],
    ['huge pages and extended resources', { hard: { 'requests.hugepages-2Mi': '4Mi', 'requests.example.com/gpu': '4' } }, []],
    [
      'a name that means nothing',
      { hard: { foo: '1' } },
      [
        'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
        'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
      ],
    ],
    ['half a pod', { hard: { pods: '500m' } }, ['spec.hard[pods]: Invalid value: "500m": must be an integer']],
    ['less than nothing', { hard: { cpu: '-1' } }, ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0']],
    ['a scope of pods', { hard: { cpu: '1' }, scopes: ['NotBestEffort'] }, []],
    [
      'a scope that does not fit',
      { hard: { services: '1' }, scopes: ['BestEffort'] },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
    [
      'contrary scopes',
      { scopes: ['Terminating', 'NotTerminating'] },
      ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
    ],
    ['classes of priority', selecting('PriorityClass', 'In', ['high']), []],
    [
      'no values where some are needed',
      selecting('PriorityClass', 'In'),
      [`${selector}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`],
    ],
    [
      'an operator that is none',
      selecting('PriorityClass', 'Is'),
      [`${selector}.operator: Invalid value: "Is": not a valid selector operator`],
    ],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(resourceQuota, quota(spec))).toEqual(want));

  it('keep their scopes', () => {
    const before = created(resourceQuota, quota({ hard: { pods: '1' }, scopes: ['BestEffort'] }));
    const next = { metadata: before.metadata, spec: { hard: { pods: '2' } } };
    expect(updated(resourceQuota, before, next).complaints).toEqual(['spec.scopes: Invalid value: null: field is immutable']);
  });

  it('show what is used of what', () => {
    const status = { hard: { pods: '4', 'limits.cpu': '2' }, used: { pods: '1', 'limits.cpu': '500m' } };
    expect(cells(resourceQuota, { ...created(resourceQuota, {}), status })).toMatchObject({
      Request: 'pods: 1/4',
      Limit: 'limits.cpu: 500m/2',
    });
  });
});
