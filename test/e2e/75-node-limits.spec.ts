import { getJson, kubectl, kubectlResult } from './clients.ts';
import { nodeName, registry } from './shop.ts';

const namespace = 'limits';
const shell = (name: string, more: object = {}, container: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: {
    nodeName: nodeName(1),
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'c',
        image: `${registry}/demo:v1`,
        command: ['sh', '-c', 'trap exit TERM; while :; do sleep 0.1; done'],
        securityContext: { runAsUser: 0 },
        ...container,
      },
    ],
    ...more,
  },
});
const exec = (name: string, script: string) => kubectlResult(['-n', namespace, 'exec', name, '--', 'sh', '-c', script]);

describe('a pod and its node', () => {
  beforeAll(async () => {
    await kubectl(['create', 'namespace', namespace]);
    const networked = { securityContext: { runAsUser: 0, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } } };
    const pods = { apiVersion: 'v1', kind: 'List', items: [shell('greedy'), shell('forger', {}, networked), shell('listener')] };
    await kubectl(['apply', '-f', '-'], JSON.stringify(pods));
    await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
  });
  afterAll(() => kubectl(['delete', 'namespace', namespace]));

  it('keep a fork bomb inside the pod', async () => {
    const { code, stderr } = await exec('greedy', 'i=0; while [ $i -lt 6000 ]; do sleep 1000 >/dev/null 2>&1 & i=$((i+1)); done');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("can't fork: Resource temporarily unavailable") });
  });

  it.each(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/dev/termination-log'])('keep %s small', async (path) => {
    const { stderr } = await exec('forger', `dd if=/dev/zero of=${path} bs=1M count=20; : > ${path}`);
    expect(stderr).toContain('No space left on device');
  });

  it('let nobody send under a false address', async () => {
    const [ip, ownIp] = await Promise.all(
      ['listener', 'forger'].map(async (name) => (await getJson('pod', '-n', namespace, name)).status.podIP),
    );
    const echoes = async (): Promise<number> => {
      const { stdout } = await exec('listener', "awk '/^Icmp:/ { print $10 }' /proc/net/snmp | tail -n 1"); // InEchos
      return Number(stdout);
    };
    const before = await echoes();
    const ping = (from: string): string => `ping -c 3 -i 0.2 -W 1 -I ${from} ${ip}`;
    const { stdout } = await exec('forger', `ip addr add 10.244.250.250/32 dev eth0; ${ping('10.244.250.250')}; ${ping(ownIp)}`);
    expect(stdout).toContain('3 packets transmitted, 3 packets received');
    expect((await echoes()) - before).toBe(3);
  });

  it('tell what there is, what pods get of it, and which images are here', async () => {
    const { status } = await getJson('node', nodeName(1));
    expect(status.images.flatMap(({ names }: { names: string[] }) => names)).toContain(`${registry}/demo:v1`);
    expect(Number.parseInt(status.capacity.memory, 10) - Number.parseInt(status.allocatable.memory, 10)).toBe(100 * 1024);
  });
});
