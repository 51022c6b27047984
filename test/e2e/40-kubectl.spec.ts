import { spawn } from 'node:child_process';
import { env, eventually, fetchText, getJson, kubectl, kubectlResult, kubectlRunning } from './clients.ts';
import { buildWeb, registry } from './shop.ts';

const namespace = 'tools';
const kube = (...args: string[]) => kubectl(['-n', namespace, ...args]);
const image = `${registry}/web:v1`;

const talker = `
apiVersion: v1
kind: Pod
metadata: { name: talker, labels: { app: talker } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: one
      image: ${image}
      command: [sh, -c, 'i=0; while true; do echo line $i; i=$((i+1)); sleep 0.2; done']
    - name: two
      image: ${image}
      command: [sleep, '100000']
`;
const failing = `
apiVersion: v1
kind: Pod
metadata: { name: failing }
spec:
  containers:
    - { name: c, image: ${image}, command: [sh, -c, 'echo attempt; exit 7'] }
`;

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['-n', namespace, 'apply', '-f', '-'], talker);
  await kubectl(['-n', namespace, 'apply', '-f', '-'], failing);
  await kube('wait', '--for=condition=Ready', 'pod/talker', '--timeout=60s');
});
afterAll(() => kubectl(['delete', 'namespace', namespace, '--wait=true', '--timeout=90s']));

describe('kubectl logs', () => {
  it('needs a container where there are several, and follows, tails and limits', async () => {
    const { code, stderr } = await kubectlResult(['-n', namespace, 'logs', 'talker', '-c', 'three']);
    expect(code).toBe(1);
    expect(stderr).toContain('container three is not valid for pod talker');
    await eventually('ten lines', async () => (await kube('logs', 'talker', '-c', 'one')).split('\n').length > 10);
    expect((await kube('logs', 'talker', '-c', 'one', '--tail=2')).trim().split('\n')).toHaveLength(2);
    expect(await kube('logs', 'talker', '-c', 'one', '--limit-bytes=7')).toBe('line 0\n');
    expect(await kube('logs', 'talker', '-c', 'one', '--timestamps', '--tail=1')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line \d+$/m);
    const follow = kubectlRunning(['-n', namespace, 'logs', '-f', 'talker', '-c', 'one', '--tail=1']);
    await eventually('followed lines', async () => follow.output().trim().split('\n').length > 4);
    await follow.stop();
  });

  it('shows the previous container', async () => {
    await eventually(
      'a restart',
      async () => (await getJson('pod', 'failing', '-n', namespace)).status.containerStatuses[0].restartCount > 0,
    );
    expect(await kube('logs', 'failing', '--previous')).toBe('attempt\n');
    const { code, stderr } = await kubectlResult(['-n', namespace, 'logs', 'talker', '-c', 'two', '--previous']);
    expect(code).toBe(1);
    expect(stderr).toContain('previous terminated container "two" in pod "talker" not found');
  });
});

describe('kubectl exec', () => {
  it('passes output, errors and exit codes on', async () => {
    const result = await kubectlResult([
      '-n',
      namespace,
      'exec',
      'talker',
      '-c',
      'two',
      '--',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 42',
    ]);
    expect(result).toMatchObject({ code: 42, stdout: 'out\n' });
    expect(result.stderr).toContain('err\n');
    expect(result.stderr).toContain('command terminated with exit code 42');
  });

  it('passes standard input on, and its end', async () => {
    const text = 'x'.repeat(300_000);
    const { stdout } = await kubectlResult(['-n', namespace, 'exec', '-i', 'talker', '-c', 'two', '--', 'wc', '-c'], text);
    expect(stdout.trim()).toBe('300000');
  });

  it('gives a terminal', async () => {
    // `script` makes a terminal for kubectl, which would not ask for one otherwise.
    const command = `${env('KUBECTL')} -n ${namespace} exec -it talker -c two -- sh -c 'tty; stty size; exit 3'`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(output).toMatch(/\/dev\/(pts\/\d+|console)/);
    expect(code).toBe(3);
  });

  it('says what is wrong with a command that does not exist', async () => {
    const { code, stderr } = await kubectlResult(['-n', namespace, 'exec', 'talker', '-c', 'two', '--', 'no-such-command']);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/no-such-command.*(not found|no such file)/i);
  });
});

describe('kubectl debug', () => {
  it('shows the processes of the target', async () => {
    await kube(
      'debug',
      'talker',
      '--image',
      image,
      '--target',
      'two',
      '--container',
      'look',
      '--profile',
      'general',
      '--',
      'cat',
      '/proc/1/cmdline',
    );
    await eventually('the words of the first process', async () =>
      (await kube('logs', 'talker', '-c', 'look')).startsWith('sleep\u0000100000'),
    );
  });

  it('says that there is no such target', async () => {
    const { code, stderr } = await kubectlResult(['-n', namespace, 'debug', 'talker', '--image', image, '--target', 'three', '--', 'true']);
    expect(code).toBe(1);
    expect(stderr).toContain('spec.ephemeralContainers[1].targetContainerName: Not found: "three"');
  });
});

describe('kubectl', () => {
  it('forwards a port', async () => {
    const port = 18_000 + (process.pid % 1000);
    await kube('run', 'server', `--image=${image}`, '--restart=Never');
    await kube('wait', '--for=condition=Ready', 'pod/server', '--timeout=60s');
    const forward = kubectlRunning(['-n', namespace, 'port-forward', 'pod/server', `${port}:8080`]);
    await eventually('the forwarded port', async () => {
      const { status, body } = await fetchText(`http://127.0.0.1:${port}/`);
      return status === 200 && body.startsWith('v1 server');
    });
    await forward.stop();
    await kube('delete', 'pod', 'server', '--grace-period=0', '--force');
  });

  it('watches', async () => {
    const watch = kubectlRunning(['-n', namespace, 'get', 'configmaps', '-w', '--no-headers']);
    await eventually('the first line', async () => watch.output().includes('kube-root-ca.crt'));
    await kube('create', 'configmap', 'seen', '--from-literal=a=b');
    await eventually('the new line', async () => /^seen\s+1/m.test(watch.output()));
    await watch.stop();
  });

  it('waits for deletion, and deletes what it waits for', async () => {
    await kube('run', 'short', `--image=${image}`, '--command', '--', 'sleep', '1000');
    await kube('wait', '--for=jsonpath={.status.phase}=Running', 'pod/short', '--timeout=60s');
    await kube('delete', 'pod', 'short', '--wait=true', '--grace-period=1', '--timeout=30s');
    expect((await kubectlResult(['-n', namespace, 'get', 'pod', 'short'])).stderr).toContain('pods "short" not found');
  });

  it('refuses a stale replace with a conflict', async () => {
    await kube('create', 'configmap', 'raced', '--from-literal=a=1');
    const stale = await getJson('configmap', 'raced', '-n', namespace);
    await kube('patch', 'configmap', 'raced', '-p', '{"data":{"a":"2"}}');
    const { code, stderr } = await kubectlResult(['replace', '-f', '-'], JSON.stringify({ ...stale, data: { a: '3' } }));
    expect(code).toBe(1);
    expect(stderr).toContain('Operation cannot be fulfilled on configmaps "raced": the object has been modified');
    expect((await getJson('configmap', 'raced', '-n', namespace)).data.a).toBe('2');
  });

  it('labels, annotates, patches in every type and edits scale', async () => {
    await kube('create', 'deployment', 'd', `--image=${image}`, '--replicas=0');
    await kube('label', 'deployment', 'd', 'tier=web');
    await kube('annotate', 'deployment', 'd', 'note=x');
    await kube('patch', 'deployment', 'd', '--type=json', '-p', '[{"op":"add","path":"/metadata/labels/j","value":"1"}]');
    await kube('patch', 'deployment', 'd', '--type=merge', '-p', '{"metadata":{"labels":{"m":"1"}}}');
    await kube(
      'patch',
      'deployment',
      'd',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}',
    );
    const { metadata, spec } = await getJson('deployment', 'd', '-n', namespace);
    expect(metadata.labels).toMatchObject({ app: 'd', tier: 'web', j: '1', m: '1' });
    expect(spec.template.spec.containers[0]).toMatchObject({ name: 'web', image, env: [{ name: 'A', value: '1' }] });
  });

  it('cordons, uncordons and taints', async () => {
    const node = (await getJson('pod', 'talker', '-n', namespace)).spec.nodeName;
    await kubectl(['cordon', node]);
    expect(await kubectl(['get', 'node', node])).toContain('Ready,SchedulingDisabled');
    await kubectl(['uncordon', node]);
    await kubectl(['taint', 'node', node, 'k=v:NoSchedule']);
    await kubectl(['taint', 'node', node, 'k=v:NoSchedule-']);
    // The node controller takes its own taint of the cordon away a moment later; kubectl may have written it once more meanwhile.
    await eventually('no taint', async () => (await getJson('node', node)).spec.taints === undefined);
  });
});
