import type { Job } from '#api/types';
import { created, type Json, podSpec, updated } from '../../testing.ts';
import { job } from './kind.ts';

const metadata = { name: 'a', namespace: 'default', uid: 'u1' };
const spec = (changes: Json = {}, pod: Json = {}, labels: Json = {}): Json => ({
  manualSelector: true,
  selector: { matchLabels: { a: 'b' } },
  template: { metadata: { labels: { a: 'b', ...labels } }, spec: podSpec({ restartPolicy: 'Never', ...pod }) },
  ...changes,
});
const stored = (changes: Json = {}, status: Json = {}, pod: Json = {}): Job => ({
  ...created(job, { metadata, spec: spec(changes, pod) }),
  status,
});
const complaints = (before: Job, next: Json): string[] =>
  updated(job, before, { metadata, spec: next }).complaints.map((line) => line.replace(/\{.*\}: /s, ''));

describe('an update of a job', () => {
  const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
  const cases: { name: string; before: Json; next: Json; want: string[] }[] = [
    {
      name: 'changes how many run, and the limits',
      before: {},
      next: { completions: 1, parallelism: 5, backoffLimit: 1, suspend: true },
      want: [],
    },
    { name: 'keeps completions', before: {}, next: { completions: 5 }, want: ['spec.completions: Invalid value: 5: field is immutable'] },
    { name: 'scales indexes in tandem', before: indexed, next: { ...indexed, completions: 5, parallelism: 5 }, want: [] },
    {
      name: 'scales indexes in tandem only',
      before: indexed,
      next: { ...indexed, completions: 5 },
      want: ['spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism'],
    },
    {
      name: 'keeps the mode and what counts per index',
      before: indexed,
      next: { ...indexed, completionMode: 'NonIndexed', completions: 3 },
      want: ['spec.completionMode: Invalid value: "NonIndexed": field is immutable'],
    },
    {
      name: 'keeps limits per index and policies',
      before: indexed,
      next: { ...indexed, backoffLimitPerIndex: 2, managedBy: 'a.io/b', successPolicy: { rules: [{ succeededCount: 1 }] } },
      want: [
        'spec.backoffLimitPerIndex: Invalid value: 2: field is immutable',
        'spec.managedBy: Invalid value: "a.io/b": field is immutable',
        'spec.successPolicy: Invalid value: field is immutable',
      ],
    },
  ];
  it.each(cases)('$name', ({ before, next, want }) => expect(complaints(stored(before), spec(next))).toEqual(want));

  const immutable = ['spec.template: Invalid value: field is immutable'];
  const affinity = (nodes: string): Json => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: nodes, operator: 'Exists' }] }] },
    },
  });
  const directives: [string, Json, Json][] = [
    ['node selector', { nodeSelector: { a: 'b' } }, {}],
    ['node affinity', { affinity: affinity('x') }, {}],
    ['tolerations', { tolerations: [{ operator: 'Exists' }] }, {}],
    ['scheduling gates', { schedulingGates: [{ name: 'a.io/b' }] }, {}],
    ['labels', {}, { more: '1' }],
    ['resources', { containers: [{ name: 'c', image: 'example.com/a/b:1', resources: { requests: { cpu: '1' } } }] }, {}],
  ];
  describe.each(directives)('of the %s of its pods', (_what, pod, labels) => {
    const next = spec({ suspend: true }, pod, labels);
    const suspended = [{ type: 'Suspended', status: 'True' }];
    it.each([
      ['waits until it is suspended', stored({}), immutable],
      ['is possible before it starts', stored({ suspend: true }), []],
      ['waits until its pods are gone', stored({ suspend: true }, { active: 1, conditions: suspended }), immutable],
      ['waits until it has come to rest', stored({ suspend: true }, { startTime: '2026-01-01T00:00:00Z' }), immutable],
      ['is possible at rest', stored({ suspend: true }, { startTime: '2026-01-01T00:00:00Z', conditions: suspended }), []],
    ])('%s', (_name, before, want) => expect(complaints(before, next)).toEqual(want));
  });

  it('never changes what its pods run', () => {
    const next = spec({ suspend: true }, { containers: [{ name: 'c', image: 'other' }] });
    expect(complaints(stored({ suspend: true }), next)).toEqual(immutable);
    const near = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x' }] } };
    expect(complaints(stored({ suspend: true }), spec({ suspend: true }, { affinity: { ...affinity('x'), ...near } }))).toEqual(immutable);
  });

  it('may take away node affinity where there is no other', () => {
    const before = stored({ suspend: true }, {}, { affinity: affinity('x') });
    expect(complaints(before, spec({ suspend: true }))).toEqual([]);
  });
});
