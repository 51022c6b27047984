import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '#base';
import { env, eventually, getJson, kubectl, kubectlResult } from './clients.ts';
import { buildWeb, registry } from './shop.ts';

const image = `${registry}/web:v1`;
const batch = (...args: string[]): Promise<string> => kubectl(['-n', 'batch', ...args]);
const create = (kind: string, name: string, spec: object): Promise<string> =>
  kubectl(['-n', 'batch', 'create', '-f', '-'], JSON.stringify({ apiVersion: 'batch/v1', kind, metadata: { name }, spec }));
const jobSpec = (script: string, more: object = {}) => ({
  ...more,
  template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image, command: ['sh', '-c', script] }] } },
});
const job = (name: string) => getJson('job', name, '-n', 'batch');
const podsOf = async (name: string) => (await getJson('pods', '-n', 'batch', '-l', `batch.kubernetes.io/job-name=${name}`)).items;
const phases = (pods: { status: { phase: string } }[], phase: string): number => pods.filter(({ status }) => status.phase === phase).length;

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', 'batch']);
  await create('CronJob', 'each-minute', {
    schedule: '* * * * *',
    timeZone: 'Asia/Kathmandu',
    jobTemplate: { spec: jobSpec('echo on time') },
  });
});
afterAll(() => kubectl(['delete', 'namespace', 'batch']));

it('an indexed job gives each pod its index, and tells which failed', async () => {
  const script = 'echo index $JOB_COMPLETION_INDEX on $(hostname); [ $JOB_COMPLETION_INDEX != 2 ]';
  await create('Job', 'indexed', jobSpec(script, { completions: 4, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 0 }));
  await batch('wait', '--for=condition=Failed', 'job/indexed', '--timeout=60s');
  expect((await job('indexed')).status).toMatchObject({
    succeeded: 3,
    failed: 1,
    completedIndexes: '0,1,3',
    failedIndexes: '2',
    terminating: 0,
  });
  const said = (await batch('logs', 'job/indexed', '--all-pods'))
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\[.*?\] /, ''));
  expect(new Set(said)).toEqual(new Set([0, 1, 2, 3].map((i) => `index ${i} on indexed-${i}`)));
  expect(await batch('get', 'job', 'indexed')).toMatch(/indexed +Failed +3\/4 +/);
  expect(await batch('describe', 'job', 'indexed')).toMatch(/Completed Indexes: +0,1,3[^]*Warning +FailedIndexes .*Job has failed indexes/);
});

it('every pod of a job counts once, though the controller-manager is killed meanwhile', async () => {
  // Every fourth index fails at its first try.
  const script = 'sleep 0.$((RANDOM % 5)); [ $((JOB_COMPLETION_INDEX % 4)) != 3 ] || [ "$FAILED_BEFORE" = 1 ]';
  const annotation = "metadata.annotations['batch.kubernetes.io/job-index-failure-count']";
  const spec = jobSpec(script, { completions: 24, parallelism: 6, completionMode: 'Indexed', backoffLimitPerIndex: 2 });
  Object.assign(spec.template.spec.containers[0]!, {
    env: [{ name: 'FAILED_BEFORE', valueFrom: { fieldRef: { fieldPath: annotation } } }],
  });
  const pidFile = join(env('BERTH_HOME'), 'run', 'controller-manager.pid');
  const pid = async (): Promise<number> => Number(await readFile(pidFile, 'utf8'));
  await create('Job', 'killed', spec);
  for (const enough of [2, 8, 14]) {
    await eventually(`${enough} pods to succeed`, async () => phases(await podsOf('killed'), 'Succeeded') >= enough);
    const before = await pid();
    process.kill(before, 'SIGKILL');
    await eventually('a new controller-manager', async () => (await pid()) !== before);
  }
  await batch('wait', '--for=condition=Complete', 'job/killed', '--timeout=120s');
  const [{ status }, pods] = [await job('killed'), await podsOf('killed')];
  expect(status).toMatchObject({ succeeded: 24, failed: 6, completedIndexes: '0-23', failedIndexes: '', uncountedTerminatedPods: {} });
  expect([phases(pods, 'Succeeded'), phases(pods, 'Failed')]).toEqual([24, 6]);
  expect(pods.filter(({ metadata }: { metadata: { finalizers?: string[] } }) => metadata.finalizers)).toEqual([]);
});

it('a job rests and starts anew, and goes with its pods', async () => {
  await create('Job', 'resting', jobSpec('trap exit TERM; sleep 1000 & wait', { parallelism: 2, completions: 2, suspend: true }));
  await batch('wait', '--for=condition=Suspended', 'job/resting', '--timeout=30s');
  const suspend = (value: boolean) => batch('patch', 'job', 'resting', '--type=merge', '-p', JSON.stringify({ spec: { suspend: value } }));
  await suspend(false);
  await eventually('two pods to run', async () => phases(await podsOf('resting'), 'Running') === 2);
  await suspend(true);
  await eventually('the pods to go', async () => (await podsOf('resting')).length === 0);
  expect((await job('resting')).status).not.toHaveProperty('startTime');
  await suspend(false);
  await eventually('two pods to run again', async () => phases(await podsOf('resting'), 'Running') === 2);
  await batch('delete', 'job', 'resting');
  await eventually('the pods to go with their job', async () => (await podsOf('resting')).length === 0);
});

it('policies end a job, and time takes it away', async () => {
  const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }];
  await create('Job', 'policy', jobSpec('exit 42', { podFailurePolicy: { rules }, ttlSecondsAfterFinished: 1 }));
  await create('Job', 'deadline', jobSpec('trap exit TERM; sleep 1000 & wait', { activeDeadlineSeconds: 1 }));
  await batch('wait', '--for=condition=Failed', 'job/deadline', '--timeout=60s');
  expect(await batch('get', 'job', 'deadline', '-o', 'jsonpath={.status.conditions[*].reason}')).toBe('DeadlineExceeded DeadlineExceeded');
  await eventually('the other to be taken away', async () => (await kubectlResult(['-n', 'batch', 'get', 'job', 'policy'])).code !== 0);
  expect(await batch('get', 'events', '--field-selector', 'reason=PodFailurePolicy')).toContain(
    'failed with exit code 42 matching FailJob rule at index 0',
  );
});

it('helm waits for jobs, and for those of hooks', async () => {
  const helm = (...args: string[]) => runCommand([env('HELM'), ...args, '-n', 'batch', '--timeout', '90s']);
  const set = ['--set', `image=${image}`];
  expect(await helm('install', 'demo', 'test/e2e/charts/jobs', '--wait', '--wait-for-jobs', ...set)).toMatchObject({ code: 0 });
  const complete = async (): Promise<string[]> => {
    const { items } = await getJson('jobs', '-n', 'batch', '-o', 'json');
    type Shown = { metadata: { name: string }; status: { succeeded?: number } };
    return items
      .filter(({ metadata, status }: Shown) => metadata.name.startsWith('demo-') && status.succeeded)
      .map(({ metadata }: Shown) => metadata.name);
  };
  expect(await complete()).toEqual(['demo-main-1', 'demo-post-install', 'demo-pre-install-pre-upgrade']);
  expect(await helm('upgrade', 'demo', 'test/e2e/charts/jobs', '--wait', '--wait-for-jobs', ...set, '--set', 'word=again')).toMatchObject({
    code: 0,
  });
  expect(await batch('logs', 'job/demo-pre-install-pre-upgrade')).toBe('again\n');
  expect(await helm('test', 'demo')).toMatchObject({ code: 0 });
  expect(await complete()).toContain('demo-test');
  expect(await helm('uninstall', 'demo', '--wait')).toMatchObject({ code: 0 });
  expect(await complete()).not.toContain('demo-main-2');
});

it('a cron job starts a job each minute, and by hand', async () => {
  await batch('create', 'job', 'by-hand', '--from=cronjob/each-minute');
  await batch('wait', '--for=condition=Complete', 'job/by-hand', '--timeout=60s');
  const mine = async () => {
    const { items } = await getJson('jobs', '-n', 'batch');
    return items.find(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith('each-minute-'));
  };
  const { metadata } = await eventually('the minute', mine, 70_000);
  const time = Number(metadata.name.replace('each-minute-', '')) * 60_000;
  const local = new Date(time + 345 * 60_000).toISOString().replace('.000Z', '+05:45');
  expect(metadata.annotations['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe(local);
  await batch('wait', '--for=condition=Complete', `job/${metadata.name}`, '--timeout=60s');
  const { status } = await eventually('the end to be seen', async () => {
    const seen = await getJson('cronjob', 'each-minute', '-n', 'batch');
    return seen.status.lastSuccessfulTime && seen;
  });
  expect(Date.parse(status.lastScheduleTime)).toBeGreaterThanOrEqual(time);
});
