import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, eventually, kubectl, kubectlResult } from './clients.ts';
import { registry } from './shop.ts';

const namespace = 'spies';
const home = env('BERTH_HOME');
const spy = (path: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: spy, namespace: ${namespace} }
spec:
  hostPID: true
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: ${registry}/web:v1
      command: [sleep, '10000']
      securityContext: { privileged: true, runAsUser: 0 }
      volumeMounts: [{ name: host, mountPath: /host }]
  volumes: [{ name: host, hostPath: { path: '${path}' } }]
`;

beforeAll(() => kubectl(['create', 'namespace', namespace]));
afterAll(() => kubectl(['delete', 'namespace', namespace, '--timeout=90s']));

describe('a privileged pod with the files and processes of the machine', () => {
  const inPod = async (command: string): Promise<string> => {
    const { stdout, stderr } = await kubectlResult(['-n', namespace, 'exec', 'spy', '--', 'timeout', '10', 'sh', '-c', command]);
    return stdout + stderr;
  };

  beforeAll(async () => {
    await kubectl(['apply', '-f', '-'], spy('/'));
    await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/spy', '--timeout=60s']);
  });

  it('sees of the home of the cluster its own node alone, without keys', async () => {
    expect(existsSync(join(home, 'pki/ca.key'))).toBe(true);
    expect((await inPod(`ls /host${home}`)).trim()).toBe('nodes');
    expect((await inPod(`ls /host${home}/nodes | wc -l`)).trim()).toBe('1');
    expect((await inPod(`ls -A /host${home}/nodes/*/pki`)).trim()).toBe('');
    expect(await inPod(`cat /host${home}/redis/redis.sock /host${home}/kubeconfig`)).toContain('No such file');
  });

  it.each([
    ['takes no cover away', `umount /host${home}; umount -l /host${home}; ls /host${home}/pki`],
    ['finds no way below by another mount', `mkdir -p /m; mount --rbind /host /m; umount -l /m${home}; ls /m${home}/pki; umount -l /m`],
    ['finds none by a part of the files', `mkdir -p /m; mount --bind /host/$(dirname ${home}) /m && ls /m/*/pki`],
    ['finds none by the processes of the machine', `ls /proc/*/root${home}/pki`],
    ['finds none by the machine’s own list of them', `ls /host/proc/*/root${home}/pki`],
    ['enters none of them', `for p in /proc/[0-9]*; do nsenter -m -t \${p#/proc/} ls ${home}/pki; done`],
  ])('%s', async (_what, command) => {
    expect(await inPod(command)).not.toContain('ca.key');
  });
});

it('a volume does not lead into the files of another process', async () => {
  await kubectl(['-n', namespace, 'delete', 'pod', 'spy', '--ignore-not-found']);
  await kubectl(['apply', '-f', '-'], spy(`/proc/${readFileSync(join(home, 'run/api-server.pid'), 'utf8').trim()}/root${home}/pki`));
  const refused = async (): Promise<boolean> =>
    (await kubectl(['-n', namespace, 'events', '--for', 'pod/spy'])).includes('leads out of what the node sees');
  expect(await eventually('the volume is refused', refused)).toBe(true);
});
