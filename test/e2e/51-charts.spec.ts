import { runCommand } from '#base';
import { env, eventually, getJson, kubectl } from './clients.ts';
import { buildWeb, registry } from './shop.ts';

const chart = 'test/e2e/charts/estate';
const helm = (...args: string[]) => runCommand([env('HELM'), ...args, '-n', 'charts']);
const set = (...values: string[]): string[] => values.flatMap((value) => ['--set', value]);
const waited = ['--wait', '--wait-for-jobs', '--timeout', '90s'];

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await helm(...args);
  if (code !== 0) throw new Error(`helm ${args.join(' ')}: exit ${code}\n${stderr}${stdout}`);
  return stdout;
}
const names = async (kind: string): Promise<string[]> =>
  (await getJson(kind, '-n', 'charts')).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
const data = async (kind: string, name: string): Promise<Record<string, string>> => (await getJson(kind, name, '-n', 'charts')).data;
const page = (): Promise<string> => kubectl(['-n', 'charts', 'exec', 'deployment/estate', '--', 'wget', '-qO-', 'http://estate/']);
const history = async (): Promise<string[]> => {
  const revisions = JSON.parse(await done('history', 'one', '-o', 'json')) as { status: string; description: string }[];
  return revisions.map(({ status }) => status);
};

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', 'charts']);
});
afterAll(async () => {
  await helm('uninstall', 'one', '--no-hooks');
  await kubectl(['delete', 'namespace', 'charts']);
});

describe('a chart of all that published charts do', () => {
  it('is installed with its library, its subcharts and its hooks, and all of it is ready', async () => {
    const values = [`image.repository=${registry}/web`, 'fullnameOverride=estate'];
    const said = await done('install', 'one', chart, ...waited, ...set(...values));
    expect(said).toContain('estate 1.0 answers at http://estate.charts.svc (revision 1)');
    const { status: web } = await getJson('deployment', 'estate', '-n', 'charts');
    const { status: store } = await getJson('statefulset', 'estate-store', '-n', 'charts');
    const { status: everywhere } = await getJson('daemonset', 'estate-node', '-n', 'charts');
    expect(web.readyReplicas).toBe(web.replicas);
    expect(store.readyReplicas).toBe(2);
    expect(everywhere.numberReady).toBe(3);
    expect(await names('jobs')).toEqual(['estate-1', 'estate-post-install', 'estate-pre-install']);
    expect((await names('configmaps')).filter((name) => name.startsWith('one-'))).toEqual(['one-cache']);
  });

  it('was told of this cluster what it asked', async () => {
    expect(await data('configmap', 'estate')).toMatchObject({
      'app.conf': 'key = value\n',
      greeting: 'hello from one',
      'has-jobs': 'true',
      'has-none': 'false',
      system: 'kube-system',
    });
    expect(await page()).toBe('hello from one\n');
  });

  it('is upgraded: what it looked up it keeps, and a tag brings one more subchart', async () => {
    const { password } = await data('secret', 'estate-auth');
    await done('upgrade', 'one', chart, ...waited, '--reuse-values', ...set('greeting=changed', 'tags.extra=true'));
    expect((await data('secret', 'estate-auth'))['password']).toBe(password);
    expect((await data('configmap', 'one-second'))['word']).toBe('second-all');
    expect(await page()).toBe('changed\n');
  });

  it('goes back by itself from an upgrade that gets not ready, and by hand', async () => {
    const briefly = ['--wait', '--rollback-on-failure', '--timeout', '6s'];
    const failed = await helm('upgrade', 'one', chart, '--reuse-values', ...briefly, ...set('ready=false'));
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('has been rolled back');
    expect(await page()).toBe('changed\n');
    await done('rollback', 'one', '1', '--wait', '--timeout', '60s');
    expect(await page()).toBe('hello from one\n');
    expect(await history()).toEqual(['superseded', 'superseded', 'failed', 'superseded', 'deployed']);
    expect(await names('jobs')).toEqual(expect.arrayContaining(['estate-pre-rollback', 'estate-post-rollback']));
  });

  it('is tested by its own pods, and refuses values that its schema does not know', async () => {
    expect(await done('test', 'one', '--logs', '--timeout', '60s')).toMatch(/Phase: +Succeeded[^]*hello from one\n/);
    const refused = await helm('upgrade', 'one', chart, '--reuse-values', '--set-string', 'replicaCount=many');
    expect(refused.stderr).toContain("at '/replicaCount': got string, want integer");
  });

  it('goes with all that it made but what it keeps', async () => {
    await done('uninstall', 'one', '--wait', '--timeout', '60s');
    expect(await names('secrets')).toEqual(['estate-auth']);
    const { items } = await getJson('clusterroles,priorityclasses');
    expect(items.filter(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith('charts-estate'))).toEqual([]);
    await eventually('nothing to run', async () => {
      const pods = (await getJson('pods', '-n', 'charts')).items as { metadata: { name: string }; status: { phase: string } }[];
      return pods.every(({ status }) => status.phase === 'Succeeded');
    });
  });
});
