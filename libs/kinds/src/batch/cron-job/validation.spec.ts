import { cells, complaintsAbout, created, type Json, podSpec, updated } from '../../testing.ts';
import { cronJob } from './kind.ts';

const jobSpec = (changes: Json = {}): Json => ({ template: { spec: podSpec({ restartPolicy: 'Never' }) }, ...changes });
const specOf = (changes: Json = {}, job: Json = {}): Json => ({ schedule: '*/5 * * * *', jobTemplate: { spec: jobSpec(job) }, ...changes });

describe('a cron job', () => {
  const cases: { name: string; spec: Json; want: string[] }[] = [
    { name: 'is fine with a schedule and a template', spec: specOf(), want: [] },
    { name: 'is fine with a zone', spec: specOf({ timeZone: 'Europe/Berlin', schedule: '@daily' }), want: [] },
    { name: 'needs a schedule', spec: specOf({ schedule: '' }), want: ['spec.schedule: Required value'] },
    {
      name: 'has a schedule of five fields',
      spec: specOf({ schedule: '* * * *' }),
      want: ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
    },
    {
      name: 'has its zone in a field',
      spec: specOf({ schedule: 'CRON_TZ=UTC 0 * * * *' }),
      want: ['spec.schedule: Invalid value: "CRON_TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
    },
    {
      name: 'has its zone in a field, also where there is none like it',
      spec: specOf({ schedule: 'TZ=Mars 0 * * * *' }),
      want: [
        'spec.schedule: Invalid value: "TZ=Mars 0 * * * *": provided bad location Mars: unknown time zone Mars',
        'spec.schedule: Invalid value: "TZ=Mars 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    },
    {
      name: 'has a zone that there is',
      spec: specOf({ timeZone: 'Mars/Base' }),
      want: ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    },
    {
      name: 'has a zone with a name',
      spec: specOf({ timeZone: '' }),
      want: ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
    },
    {
      name: 'has no zone from a path',
      spec: specOf({ timeZone: '../UTC' }),
      want: ['spec.timeZone: Invalid value: "../UTC": unknown time zone ../UTC'],
    },
    {
      name: 'is not in the zone of whoever reads it',
      spec: specOf({ timeZone: 'Local' }),
      want: ['spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
    },
    {
      name: 'knows three policies',
      spec: specOf({ concurrencyPolicy: 'Queue' }),
      want: ['spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"'],
    },
    {
      name: 'counts from zero',
      spec: specOf({ startingDeadlineSeconds: -1, successfulJobsHistoryLimit: -1, failedJobsHistoryLimit: -1 }),
      want: ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'].map(
        (field) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`,
      ),
    },
    {
      name: 'lets each Job choose its own pods',
      spec: specOf({}, { selector: { matchLabels: { a: 'b' } }, manualSelector: true, parallelism: -1 }),
      want: [
        'spec.jobTemplate.spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    },
  ];
  it.each(cases)('$name', ({ spec, want }) => expect(complaintsAbout(cronJob, { spec })).toEqual(want));

  it('has room for the time in the names of its Jobs', () => {
    const name = 'a'.repeat(53);
    expect(complaintsAbout(cronJob, { metadata: { name }, spec: specOf() })).toEqual([
      `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
    ]);
    const before = { ...created(cronJob, { metadata: { name }, spec: specOf() }), status: { lastScheduleTime: '2026-01-01T00:00:00Z' } };
    expect(updated(cronJob, before, { metadata: { name }, spec: specOf({ suspend: true }) })).toMatchObject({
      complaints: [],
      object: { status: before.status },
    });
  });

  it('has defaults of its own, and leaves those of a Job to the Job', () => {
    const { spec } = created(cronJob, { spec: specOf() });
    expect(spec).toMatchObject({ concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
    expect(Object.keys(spec.jobTemplate.spec)).toEqual(['template']);
    expect(spec.jobTemplate.spec.template.spec).toMatchObject({ dnsPolicy: 'ClusterFirst', securityContext: {} });
  });

  it('is shown as kubectl shows it', () => {
    const stored = created(cronJob, { spec: specOf({ timeZone: 'UTC' }) });
    expect(cells(cronJob, { ...stored, status: { active: [{}], lastScheduleTime: '2025-12-31T23:59:00Z' } })).toMatchObject({
      Schedule: '*/5 * * * *',
      Timezone: 'UTC',
      Suspend: 'False',
      Active: 1,
      'Last Schedule': '60s',
      Containers: 'c',
      Images: 'example.com/a/b:1',
      Selector: '<none>',
    });
    expect(cells(cronJob, created(cronJob, { spec: specOf() }))).toMatchObject({ Timezone: '<none>', 'Last Schedule': '<none>' });
  });
});
