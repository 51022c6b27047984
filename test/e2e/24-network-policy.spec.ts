import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, eventually, getJson, kubectl, kubectlRunning } from './clients.ts';
import { buildWeb, nodeName, registry } from './shop.ts';

/*
 * Policies as pods see them. `red` and `blue` are namespaces; each way is tried from inside a pod, and a closed one is known by its silence.
 */
const image = (): string => `${registry}/web:v1`;

/** A pod that serves HTTP on 8080 (`http`) and 8081, and says ticks to everybody who connects to 9000. */
function podManifest(namespace: string, name: string, { node = 1, labels = {}, script = '' } = {}): object {
  const ticks = "nc -ll -p 9000 -e sh -c 'while echo tick; do sleep 0.2; done' & httpd -p 8081 -h /www; httpd -f -p 8080 -h /www";
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { name, ...labels } },
    spec: {
      nodeName: nodeName(node),
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: image(), command: ['sh', '-c', script || ticks], ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  };
}

const apply = (...objects: object[]): Promise<string> =>
  kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
const policy = (spec: object, name = 'p'): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'np-red' },
  spec: { podSelector: { matchLabels: { name: 'server' } }, ...spec },
});
const exec = (namespace: string, pod: string, script: string): Promise<string> =>
  kubectl(['-n', namespace, 'exec', pod, '--', 'sh', '-c', `${script}; exit 0`]);
const ipOf = async (namespace: string, pod: string): Promise<string> => (await getJson('pod', pod, '-n', namespace)).status.podIP;

let server: string;
/** Clients of the server, by what a case calls them. */
const clients = { red: ['np-red', 'client'], other: ['np-red', 'other'], blue: ['np-blue', 'visitor'] } as const;
type Client = keyof typeof clients;

async function reaches(client: Client, host = server, port = 8080): Promise<boolean> {
  const [namespace, pod] = clients[client];
  return (await exec(namespace, pod, `nc -w 1 ${host} ${port} </dev/null && echo open`)).includes('open');
}

/** Exactly these clients come through, soon. */
const expectOpen = (...want: Client[]): Promise<unknown> =>
  eventually(`the server to be open for ${want.join(' and ') || 'nobody'}`, async () => {
    const names = Object.keys(clients) as Client[];
    const results = await Promise.all(names.map((name) => reaches(name)));
    return names.every((name, i) => results[i] === want.includes(name));
  });

beforeAll(async () => {
  await buildWeb('v1');
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'np-red' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'np-blue', labels: { team: 'blue' } } },
  );
  await apply(
    podManifest('np-red', 'server'),
    podManifest('np-red', 'client', { labels: { role: 'client' } }),
    podManifest('np-red', 'other', { node: 2 }),
    podManifest('np-blue', 'visitor', { node: 2 }),
  );
  for (const namespace of ['np-red', 'np-blue'])
    await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
  server = await ipOf('np-red', 'server');
});
afterAll(async () => {
  await kubectl(['delete', 'namespace', 'np-red', 'np-blue', '--wait=false']);
});

describe('a network policy', () => {
  it('opens and closes single ways into a pod: all, by label, by namespace, by address, by port', async () => {
    await expectOpen('red', 'other', 'blue');
    await apply(policy({}));
    await expectOpen();
    await apply(policy({ ingress: [{ from: [{ podSelector: { matchLabels: { role: 'client' } } }] }] }));
    await expectOpen('red');
    await apply(policy({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } } }], ports: [{ port: 'http' }] }] }));
    await expectOpen('blue');
    const hole = `${await ipOf('np-blue', 'visitor')}/32`;
    await apply(
      policy({ ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: [hole] } }], ports: [{ port: 8000, endPort: 8080 }] }] }),
    );
    await expectOpen('red', 'other');
    await apply(policy({ ingress: [{ ports: [{ port: 8081, endPort: 9000 }] }] }));
    await expectOpen();
    expect(await reaches('blue', server, 8081)).toBe(true);
    await kubectl(['-n', 'np-red', 'delete', 'networkpolicy', 'p']);
    await expectOpen('red', 'other', 'blue');
  });

  it('follows labels of pods and of namespaces', async () => {
    const from = [{ podSelector: { matchLabels: { role: 'client' } } }, { namespaceSelector: { matchLabels: { team: 'blue' } } }];
    await apply(policy({ ingress: [{ from }] }));
    await expectOpen('red', 'blue');
    await kubectl(['-n', 'np-red', 'label', 'pod', 'client', 'role-']);
    await kubectl(['-n', 'np-red', 'label', 'pod', 'other', 'role=client']);
    await kubectl(['label', 'namespace', 'np-blue', 'team=green', '--overwrite']);
    await expectOpen('other');
    await kubectl(['-n', 'np-red', 'label', 'pod', 'server', 'name=elsewhere', '--overwrite']);
    await expectOpen('red', 'other', 'blue');
    await kubectl(['-n', 'np-red', 'label', 'pod', 'server', 'name=server', '--overwrite']);
    await expectOpen('other');
  });

  it('lets out to the DNS alone', async () => {
    const kubeDns = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    };
    const ports = [53].flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port })));
    await apply(policy({ policyTypes: ['Egress'], egress: [{ to: [kubeDns], ports }] }));
    const visitor = await ipOf('np-blue', 'visitor');
    const tried = `nc -w 1 ${visitor} 8080 </dev/null && echo open; timeout 3 nslookup kubernetes.default.svc.cluster.local`;
    await eventually('nothing but names', async () => {
      const text = await exec('np-red', 'server', tried);
      return !text.includes('open') && text.includes('10.96.0.1');
    });
    await apply(policy({ policyTypes: ['Egress'] }));
    await eventually('no names either', async () => !(await exec('np-red', 'server', tried)).includes('10.96.0.1'));
    await kubectl(['-n', 'np-red', 'delete', 'networkpolicy', 'p']);
  });

  it('cuts a connection that stands', async () => {
    await expectOpen('red', 'other', 'blue');
    const stream = kubectlRunning(['-n', 'np-blue', 'exec', 'visitor', '--', 'sh', '-c', `sleep 60 | nc ${server} 9000`]);
    try {
      const length = (): number => stream.output().length;
      await eventually('ticks', async () => stream.output().includes('tick\ntick'));
      await apply(policy({}));
      await eventually('silence', async () => {
        const before = length();
        await expectOpen();
        return length() === before;
      });
    } finally {
      await stream.stop();
    }
  });

  it('holds from the first moment of a pod on, and while no agent runs', async () => {
    await apply(policy({ podSelector: { matchLabels: { fresh: 'yes' } }, policyTypes: ['Ingress', 'Egress'] }, 'fresh'));
    const visitor = await ipOf('np-blue', 'visitor');
    const tries = `(httpd -p 8080 -h /www); for i in 1 2 3; do nc -w 1 ${visitor} 8080 </dev/null && echo open; done; echo tried; sleep 300`;
    // The addresses that come next on the node are asked for all the time; where no policy is, they answer.
    const used = [server, await ipOf('np-red', 'client')].map((ip) => Number(ip.split('.')[3]));
    const next = Array.from({ length: 8 }, (_, i) => server.replace(/\d+$/, String(Math.max(...used) + 1 + i)));
    const loop = 'while :; do nc -w 1 $ip 8080 </dev/null && echo "answer $ip"; sleep 0.2; done &';
    const script = `for ip in ${next.join(' ')}; do for i in 1 2 3; do ${loop} sleep 0.1; done; done; wait`;
    const probe = kubectlRunning(['-n', 'np-blue', 'exec', 'visitor', '--', 'sh', '-c', script]);
    try {
      const labels = { fresh: 'yes' };
      await apply(podManifest('np-red', 'fresh-1', { labels, script: tries }), podManifest('np-red', 'free-1', { script: tries }));
      const pidFile = join(env('BERTH_HOME'), 'nodes', nodeName(1), 'agent.pid');
      const pid = Number(await readFile(pidFile, 'utf8'));
      const log = (pod: string): Promise<string> => kubectl(['-n', 'np-red', 'logs', pod]).catch(() => '');
      await eventually(
        'the first pods to have tried',
        async () => (await log('fresh-1')).includes('tried') && (await log('free-1')).includes('tried'),
      );
      process.kill(pid, 'SIGKILL');
      await apply(podManifest('np-red', 'fresh-2', { labels, script: tries }), podManifest('np-red', 'free-2', { script: tries }));
      for (const client of ['other', 'blue'] as const) expect(await reaches(client)).toBe(false);
      await eventually('another agent', async () => Number(await readFile(pidFile, 'utf8')) !== pid);
      await eventually(
        'the next pods to have tried',
        async () => (await log('fresh-2')).includes('tried') && (await log('free-2')).includes('tried'),
      );
      for (const n of [1, 2]) {
        expect(await log(`fresh-${n}`)).not.toContain('open');
        expect(await log(`free-${n}`)).toContain('open\n');
        expect(await reaches('blue', await ipOf('np-red', `free-${n}`))).toBe(true);
        expect(await reaches('blue', await ipOf('np-red', `fresh-${n}`))).toBe(false);
      }
      const [fresh, free] = [await ipOf('np-red', 'fresh-1'), await ipOf('np-red', 'free-1')];
      expect(next).toEqual(expect.arrayContaining([fresh, free]));
      expect(probe.output()).toContain(`answer ${free}\n`);
      expect(probe.output()).not.toContain(`answer ${fresh}\n`);
    } finally {
      await probe.stop();
    }
  });
});
