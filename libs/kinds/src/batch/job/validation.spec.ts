import { cells, complaintsAbout, created, type Json, podSpec } from '../../testing.ts';
import { job } from './kind.ts';

const metadata = { name: 'a', namespace: 'default', uid: 'u1' };
const template = (spec: Json = {}, labels?: Json): Json => ({
  ...(labels && { metadata: { labels } }),
  spec: podSpec({ restartPolicy: 'Never', ...spec }),
});
const specOf = (changes: Json = {}): Json => ({ template: template(), ...changes });
const indexed = (changes: Json = {}): Json => specOf({ completionMode: 'Indexed', completions: 3, ...changes });
const complaintsOf = (spec: Json, meta: Json = {}): string[] => complaintsAbout(job, { metadata: { ...metadata, ...meta }, spec });

const exitCodes = (changes: Json = {}): Json => ({ operator: 'In', values: [1], ...changes });
const failing = (rule: Json, spec: Json = {}): Json => specOf({ podFailurePolicy: { rules: [{ action: 'FailJob', ...rule }] }, ...spec });
const rule = 'spec.podFailurePolicy.rules[0]';
const succeeding = (...rules: Json[]): Json => indexed({ successPolicy: { rules } });

describe('a job', () => {
  const cases: { name: string; spec: Json; want: string[] }[] = [
    { name: 'is fine with a template', spec: specOf(), want: [] },
    {
      name: 'says whether its pods are restarted',
      spec: specOf({ template: { spec: podSpec() } }),
      want: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    },
    {
      name: 'counts from zero',
      spec: specOf({ completions: -1, parallelism: -1, backoffLimit: -1, activeDeadlineSeconds: -1, ttlSecondsAfterFinished: -1 }),
      want: ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'].map(
        (field) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`,
      ),
    },
    {
      name: 'has a selector of its own, unless told otherwise',
      spec: specOf({ selector: { matchLabels: { a: 'b' } } }),
      want: [
        'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"u1","a":"b"}}: `selector` not auto-generated',
        'spec.template.metadata.labels: Invalid value: {"job-name":"a","batch.kubernetes.io/job-name":"a","controller-uid":"u1","batch.kubernetes.io/controller-uid":"u1"}: `selector` does not match template `labels`',
      ],
    },
    {
      name: 'gives its pods the labels that it is found by',
      spec: specOf({ template: template({}, { 'job-name': 'x' }) }),
      want: [
        `spec.template.metadata.labels[job-name]: Invalid value: {"job-name":"x","batch.kubernetes.io/job-name":"a","controller-uid":"u1","batch.kubernetes.io/controller-uid":"u1"}: must be 'a'`,
      ],
    },
    {
      name: 'with a manual selector needs one',
      spec: specOf({ manualSelector: true }),
      want: [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      ],
    },
    {
      name: 'may choose its pods itself',
      spec: specOf({ manualSelector: true, selector: { matchLabels: { a: 'b' } }, template: template({}, { a: 'b' }) }),
      want: [],
    },
    {
      name: 'completes in a known way',
      spec: specOf({ completionMode: 'Never' }),
      want: ['spec.completionMode: Unsupported value: "Never": supported values: "NonIndexed", "Indexed"'],
    },
    {
      name: 'that is Indexed has an end',
      spec: indexed({ completions: undefined, parallelism: 100_001 }),
      want: [
        'spec.completions: Required value: when completion mode is Indexed',
        'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
      ],
    },
    {
      name: 'has limits per index with indexes only',
      spec: specOf({ backoffLimitPerIndex: 1, maxFailedIndexes: 1 }),
      want: [
        'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
      ],
    },
    {
      name: 'cannot fail more indexes than there are, nor without a limit for each',
      spec: indexed({ maxFailedIndexes: 4 }),
      want: [
        'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
        'spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions',
      ],
    },
    {
      name: 'with very many completions fails few',
      spec: indexed({ completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1, maxFailedIndexes: 10_001 }),
      want: [
        'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
        'spec.maxFailedIndexes: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
      ],
    },
    {
      name: 'with very many completions says how many may fail',
      spec: indexed({ completions: 100_001, backoffLimitPerIndex: 1 }),
      want: ['spec.maxFailedIndexes: Required value: must be specified when completions is above 100000'],
    },
    {
      name: 'is managed by a path below a domain',
      spec: specOf({ managedBy: 'me' }),
      want: ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    },
    {
      name: 'is managed by a short path',
      spec: specOf({ managedBy: `a.io/${'x'.repeat(60)}` }),
      want: ['spec.managedBy: Too long: may not be more than 63 bytes'],
    },
    { name: 'may be managed by another', spec: specOf({ managedBy: 'kueue.x-k8s.io/multikueue' }), want: [] },
    {
      name: 'replaces pods in a known way',
      spec: specOf({ podReplacementPolicy: 'Always' }),
      want: ['spec.podReplacementPolicy: Unsupported value: "Always": supported values: "Failed", "TerminatingOrFailed"'],
    },
  ];
  it.each(cases)('$name', ({ spec, want }) => expect(complaintsOf(spec)).toEqual(want));

  it('makes no name of a pod that is too long', () => {
    const name = 'a'.repeat(62);
    expect(complaintsOf(indexed({ completions: 10 }), { name })).toEqual([
      `metadata.name: Invalid value: "${name}": will not able to create pod with invalid DNS label: ${name}-9`,
    ]);
    expect(complaintsOf(indexed({ completions: 0 }), { name })).toEqual([]);
  });

  it('runs one pod once, and tries six times more', () => {
    const { spec, metadata: meta } = created(job, { metadata, spec: specOf() });
    expect(spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } },
    });
    const labels = {
      'batch.kubernetes.io/controller-uid': 'u1',
      'batch.kubernetes.io/job-name': 'a',
      'controller-uid': 'u1',
      'job-name': 'a',
    };
    expect([spec.template.metadata?.labels, meta.labels]).toEqual([labels, labels]);
  });

  it.each([
    [{ parallelism: 2 }, { parallelism: 2 }],
    [{ completions: 2 }, { parallelism: 1, completions: 2 }],
    [{ completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 0 }, { backoffLimit: 2 ** 31 - 1 }],
    [{ podFailurePolicy: { rules: [] } }, { podReplacementPolicy: 'Failed' }],
  ])('with %j has %j', (spec, want) => expect(created(job, { metadata, spec: specOf(spec) }).spec).toMatchObject(want));

  it('with parallelism alone is a queue of work, whose end its pods know', () => {
    expect(created(job, { metadata, spec: specOf({ parallelism: 2 }) }).spec).not.toHaveProperty('completions');
  });

  it('keeps the labels that it was given', () => {
    expect(created(job, { metadata: { ...metadata, labels: { mine: '1' } }, spec: specOf() }).metadata.labels).toEqual({ mine: '1' });
  });

  it('warns of a name that pods cannot have, and of more indexes than a status can tell', () => {
    const large = indexed({ completions: 200_000, parallelism: 20_000 });
    expect(job.strategy?.warnings?.(created(job, { metadata: { ...metadata, name: 'a.b' }, spec: large }))).toEqual([
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
      'spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
    ]);
  });
});

describe('a policy on failing pods', () => {
  const cases: { name: string; spec: Json; want: string[] }[] = [
    { name: 'looks at exit codes', spec: failing({ onExitCodes: exitCodes() }), want: [] },
    {
      name: 'looks at conditions, that are true unless told otherwise',
      spec: failing({ onPodConditions: [{ type: 'DisruptionTarget' }] }),
      want: [],
    },
    {
      name: 'looks at something',
      spec: failing({}),
      want: [`${rule}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`],
    },
    {
      name: 'looks at one thing',
      spec: failing({ onExitCodes: exitCodes(), onPodConditions: [{ type: 'X' }] }),
      want: [`${rule}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`],
    },
    {
      name: 'does something known',
      spec: failing({ action: 'Stop', onExitCodes: exitCodes() }),
      want: [`${rule}.action: Unsupported value: "Stop": supported values: "Count", "FailIndex", "FailJob", "Ignore"`],
    },
    {
      name: 'says what it does',
      spec: failing({ action: '', onExitCodes: exitCodes() }),
      want: [`${rule}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
    },
    {
      name: 'fails an index where each has a limit',
      spec: failing({ action: 'FailIndex', onExitCodes: exitCodes() }),
      want: [`${rule}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`],
    },
    {
      name: 'compares in order, each code once, and zero is no failure',
      spec: failing({ onExitCodes: exitCodes({ values: [2, 0, 2] }) }),
      want: [
        `${rule}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
        `${rule}.onExitCodes.values[2]: Duplicate value: 2`,
        `${rule}.onExitCodes.values: Invalid value: [2,0,2]: must be ordered`,
      ],
    },
    {
      name: 'compares with some code, of a container that there is',
      spec: failing({ onExitCodes: exitCodes({ operator: 'Is', containerName: 'x', values: undefined }) }),
      want: [
        `${rule}.onExitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"`,
        `${rule}.onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`,
        `${rule}.onExitCodes.values: Invalid value: []: at least one value is required`,
      ],
    },
    {
      name: 'knows three states of a condition',
      spec: failing({ onPodConditions: [{ type: 'a b', status: 'Maybe' }] }),
      want: [
        `${rule}.onPodConditions[0].type: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        `${rule}.onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`,
      ],
    },
    {
      name: 'is for pods that are not restarted',
      spec: failing({ onExitCodes: exitCodes() }, { template: template({ restartPolicy: 'OnFailure' }) }),
      want: ['spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified'],
    },
    {
      name: 'sees a pod fail before it is replaced',
      spec: failing({ onExitCodes: exitCodes() }, { podReplacementPolicy: 'TerminatingOrFailed' }),
      want: ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
    },
    {
      name: 'has at most 20 rules',
      spec: specOf({ podFailurePolicy: { rules: Array.from({ length: 21 }, () => ({ action: 'Count', onExitCodes: exitCodes() })) } }),
      want: ['spec.podFailurePolicy.rules: Too many: 21: must have at most 20 items'],
    },
  ];
  it.each(cases)('$name', ({ spec, want }) => expect(complaintsOf(spec)).toEqual(want));
});

describe('a policy on success', () => {
  const path = 'spec.successPolicy.rules[0]';
  const cases: { name: string; spec: Json; want: string[] }[] = [
    { name: 'asks for indexes, or a number of them', spec: succeeding({ succeededIndexes: '0,2' }, { succeededCount: 1 }), want: [] },
    {
      name: 'asks for something',
      spec: succeeding({}),
      want: [`${path}: Required value: at least one of succeededCount or succeededIndexes must be specified`],
    },
    {
      name: 'has rules',
      spec: succeeding(),
      want: ['spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified'],
    },
    {
      name: 'is for indexes',
      spec: specOf({ successPolicy: { rules: [{ succeededCount: 1 }] } }),
      want: ['spec.successPolicy: Invalid value: {"rules":[{"succeededCount":1}]}: requires indexed completion mode'],
    },
    ...(
      [
        ['3', 'too large index: "3"'],
        ['1-x', 'cannot convert string to integer for index: "x"'],
        ['2-1', 'non-increasing order, previous: 2, current: 1'],
        ['1,0', 'non-increasing order, previous: 1, current: 0'],
        ['0-1-2', `the fragment "0-1-2" violates the requirement that an index interval can have at most two parts separated by '-'`],
      ] as const
    ).map(([text, error]) => ({
      name: `cannot ask for ${text}`,
      spec: succeeding({ succeededIndexes: text }),
      want: [`${path}.succeededIndexes: Invalid value: "${text}": error parsing succeededIndexes: ${error}`],
    })),
    {
      name: 'asks for no more than there are',
      spec: succeeding({ succeededIndexes: '0-1', succeededCount: 4 }),
      want: [
        `${path}.succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)`,
        `${path}.succeededCount: Invalid value: 4: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)`,
      ],
    },
  ];
  it.each(cases)('$name', ({ spec, want }) => expect(complaintsOf(spec)).toEqual(want));
});

describe('the columns of jobs', () => {
  const shown = (spec: Json, status: Json = {}, meta: Json = {}) =>
    cells(job, { ...created(job, { metadata: { ...metadata, ...meta }, spec: specOf(spec) }), status });
  const condition = (type: string) => ({ conditions: [{ type, status: 'True' }] });
  it.each([
    ['Complete', condition('Complete'), {}],
    ['Failed', condition('Failed'), {}],
    ['Terminating', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }],
    ['Suspended', condition('Suspended'), {}],
    ['FailureTarget', condition('FailureTarget'), {}],
    ['SuccessCriteriaMet', condition('SuccessCriteriaMet'), {}],
    ['Running', {}, {}],
  ])('tell %s', (want, status, meta) => expect(shown({}, status, meta)).toMatchObject({ Status: want, Completions: '0/1' }));

  it('tell how many, and for how long', () => {
    const startTime = '2025-12-31T23:59:00Z';
    expect(shown({ completions: 3 }, { succeeded: 2, startTime })).toMatchObject({ Completions: '2/3', Duration: '60s', Containers: 'c' });
    expect(shown({ parallelism: 3 }, { startTime, completionTime: '2025-12-31T23:59:05Z' })).toMatchObject({
      Completions: '0/1 of 3',
      Duration: '5s',
      Selector: 'batch.kubernetes.io/controller-uid=u1',
    });
    expect(shown({ parallelism: 1 })).toMatchObject({ Completions: '0/1', Duration: '' });
  });
});
