import { eventually, getJson, kubectl, kubectlResult } from './clients.ts';
import { buildWeb, nodeName, registry } from './shop.ts';

/** Fields that need the kernel, or several parts together, to do what they say. */
const image = `${registry}/web:v1`;
const namespace = 'fields';
const kube = (...args: string[]): Promise<string> => kubectl(['-n', namespace, ...args]);
const idle = ['sh', '-c', 'trap exit TERM; sleep 1000 & wait'];
const root = { privileged: true, runAsUser: 0 };

async function start(name: string, spec: object): Promise<void> {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { terminationGracePeriodSeconds: 1, ...spec } };
  await kubectl(['-n', namespace, 'apply', '-f', '-'], JSON.stringify(pod));
}
const ready = (name: string): Promise<string> => kube('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s');

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', namespace]);
});
afterAll(() => kubectl(['delete', 'namespace', namespace]));

it('an environment comes from a file that an init container wrote, and a log is asked for by its stream', async () => {
  const volumeMounts = [{ name: 'v', mountPath: '/v' }];
  const write = `printf "A='one'\\nB='two\\nlines'\\n" > /v/app.env`;
  const key = (name: string) => ({ name, valueFrom: { fileKeyRef: { volumeName: 'v', path: 'app.env', key: name } } });
  await start('env', {
    restartPolicy: 'Never',
    volumes: [{ name: 'v', emptyDir: {} }],
    initContainers: [{ name: 'w', image, command: ['sh', '-c', write], volumeMounts }],
    containers: [{ name: 'c', image, command: ['sh', '-c', 'echo "$A $B"; echo bad >&2'], env: [key('A'), key('B')] }],
  });
  await kube('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/env', '--timeout=60s');
  const log = (stream: string): Promise<string> =>
    kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/env/log?stream=${stream}`]);
  expect([await log('Stdout'), await log('Stderr')]).toEqual(['one two\nlines\n', 'bad\n']);
});

it('mounts pass between containers as they ask for, and are read-only all the way down where they ask for it', async () => {
  const at = (more: object = {}) => [{ name: 'v', mountPath: '/v', ...more }];
  const make = 'mkdir -p /v/below && mount -t tmpfs tmpfs /v/below && echo hi > /v/below/f && chmod 777 /v/below';
  await start('mounts', {
    volumes: [{ name: 'v', emptyDir: {} }],
    initContainers: [
      { name: 'make', image, securityContext: root, command: ['sh', '-c', make], volumeMounts: at({ mountPropagation: 'Bidirectional' }) },
    ],
    containers: [
      { name: 'late', image, command: idle, volumeMounts: at({ mountPropagation: 'HostToContainer' }) },
      { name: 'plain', image, command: idle, volumeMounts: at({ readOnly: true }) },
      { name: 'deep', image, command: idle, volumeMounts: at({ readOnly: true, recursiveReadOnly: 'Enabled' }) },
      { name: 'more', image, securityContext: root, command: idle, volumeMounts: at({ mountPropagation: 'Bidirectional' }) },
    ],
  });
  await ready('mounts');
  const run = (container: string, command: string) =>
    kubectlResult(['-n', namespace, 'exec', 'mounts', '-c', container, '--', 'sh', '-c', command]);
  expect((await run('late', 'cat /v/below/f')).stdout).toBe('hi\n');
  expect((await run('plain', 'touch /v/below/x')).code).toBe(0);
  expect((await run('deep', 'touch /v/below/x')).stderr).toContain('Read-only file system');
  expect((await run('more', 'mkdir /v/new && mount -t tmpfs tmpfs /v/new && touch /v/new/g')).code).toBe(0);
  expect([(await run('late', 'ls /v/new')).stdout, (await run('plain', 'ls /v/new')).stdout]).toEqual(['g\n', '']);
  const { containerStatuses } = (await getJson('pod', 'mounts', '-n', namespace)).status;
  const mounts = containerStatuses.find(({ name }: { name: string }) => name === 'deep').volumeMounts;
  expect(mounts[0]).toEqual({ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Enabled' });
});

it('a container restarts by its exit code, and one makes all begin anew', async () => {
  const rule = (action: string) => ({
    restartPolicy: 'Never',
    restartPolicyRules: [{ action, exitCodes: { operator: 'In', values: [42] } }],
  });
  const volumeMounts = [{ name: 'v', mountPath: '/v' }];
  const count = (file: string, then: string): string[] => ['sh', '-c', `echo >> /v/${file}; ${then}`];
  const twice = (file: string): string => `[ $(wc -l < /v/${file}) -ge 2 ] && sleep 1000; exit 42`;
  await start('rules', {
    restartPolicy: 'Never',
    volumes: [{ name: 'v', emptyDir: {} }],
    initContainers: [{ name: 'i', image, command: count('init', 'true'), volumeMounts }],
    containers: [
      { name: 'all', image, command: count('all', twice('all')), volumeMounts, ...rule('RestartAllContainers') },
      { name: 'other', image, command: idle },
    ],
  });
  await eventually('everything ran twice', async () => {
    const { status } = await getJson('pod', 'rules', '-n', namespace);
    const counts = [...status.initContainerStatuses, ...status.containerStatuses].map(({ restartCount }) => restartCount);
    return status.containerStatuses.every(({ ready: isReady }: { ready: boolean }) => isReady) && counts.every((times) => times === 1);
  });
  expect(await kube('exec', 'rules', '-c', 'all', '--', 'wc', '-l', '/v/init')).toBe('2 /v/init\n');
});

it('resources of a pod as a whole place it and bound it; a sidecar has a port of the node', async () => {
  const initContainers = [{ name: 's', image, restartPolicy: 'Always', ports: [{ containerPort: 8080, hostPort: 18_099 }] }];
  const resources = { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '200m', memory: '64Mi' } };
  await start('whole', { nodeName: nodeName(2), resources, initContainers, containers: [{ name: 'c', image, command: idle }] });
  await start('huge', { resources: { requests: { cpu: '500' } }, containers: [{ name: 'c', image, command: idle }] });
  await ready('whole');
  const limits = '/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max';
  expect(await kube('exec', 'whole', '-c', 'c', '--', 'sh', '-c', `cat ${limits} 2>/dev/null || true`)).toBe('67108864\n');
  const why = await eventually('a reason', async () => {
    const { status } = await getJson('pod', 'huge', '-n', namespace);
    return status.conditions?.find(({ reason }: { reason: string }) => reason === 'Unschedulable')?.message as string | undefined;
  });
  expect(why).toContain('3 Insufficient cpu');
  const { hostIP } = (await getJson('pod', 'whole', '-n', namespace)).status;
  await eventually('the port', async () => (await fetch(`http://${hostIP}:18099/`)).ok);
});

it('a Secret for a token is filled, the token is good, and both go with the account', async () => {
  await kube('create', 'serviceaccount', 'builder');
  const metadata = { name: 'builder', annotations: { 'kubernetes.io/service-account.name': 'builder' } };
  const secret = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata };
  await kubectl(['-n', namespace, 'apply', '-f', '-'], JSON.stringify(secret));
  const token = await eventually('a token', async () => {
    const { data } = await getJson('secret', 'builder', '-n', namespace);
    return data?.token && Buffer.from(data.token, 'base64').toString();
  });
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } };
  const asked = async () =>
    JSON.parse(await kubectl(['create', '--raw', '/apis/authentication.k8s.io/v1/tokenreviews', '-f', '-'], JSON.stringify(review))).status;
  expect(await asked()).toMatchObject({ authenticated: true, user: { username: `system:serviceaccount:${namespace}:builder` } });
  await kube('delete', 'serviceaccount', 'builder');
  await eventually('the secret to go', async () => (await kubectlResult(['-n', namespace, 'get', 'secret', 'builder'])).code !== 0);
  expect((await asked()).authenticated).toBeFalsy();
});

it('a runtime class counts its overhead, and a pod whose runtime no node has waits and says so', async () => {
  const classOf = (name: string, more: object): string =>
    JSON.stringify({ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, ...more });
  await kubectl(['apply', '-f', '-'], classOf('e2e-ours', { handler: 'crun', overhead: { podFixed: { memory: '16Mi' } } }));
  await kubectl(['apply', '-f', '-'], classOf('e2e-other', { handler: 'runsc' }));
  const resources = { limits: { cpu: '50m', memory: '32Mi' } };
  await start('ours', { runtimeClassName: 'e2e-ours', containers: [{ name: 'c', image, command: idle, resources }] });
  await start('other', { runtimeClassName: 'e2e-other', containers: [{ name: 'c', image, command: idle }] });
  await ready('ours');
  const { spec } = await getJson('pod', 'ours', '-n', namespace);
  expect(spec.overhead).toEqual({ memory: '16Mi' });
  expect(await kubectl(['describe', 'node', spec.nodeName])).toMatch(/ fields +ours +50m \(\d+%\) +50m \(\d+%\) +48Mi \(\d+%\) +48Mi /);
  await eventually('the reason', async () => (await kube('describe', 'pod', 'other')).includes('no runtime for "runsc" is configured'));
  expect(await kube('get', 'runtimeclass', 'e2e-ours')).toMatch(/^NAME +HANDLER +AGE\ne2e-ours +crun /);
  await kubectl(['delete', 'runtimeclass', 'e2e-ours', 'e2e-other']);
});
