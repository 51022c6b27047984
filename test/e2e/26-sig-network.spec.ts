import { eventually, getJson, kubectl, kubectlResult } from './clients.ts';
import { buildWeb, nodeAddress, nodeName, registry } from './shop.ts';

/*
 * Behaviours of Kubernetes' conformance suite (sig-network) that no other suite here has: docs/conformance-network.md says which.
 */
const web = (name: string, node: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'sn', labels: { app: 'web' } },
  spec: {
    nodeName: nodeName(node),
    hostname: name,
    subdomain: 'headless',
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'c', image: `${registry}/web:v1` }],
  },
});
const apply = (...items: object[]): Promise<string> =>
  kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const patch = (spec: object): Promise<string> => kubectl(['-n', 'sn', 'patch', 'service', 'web', '-p', JSON.stringify({ spec })]);
const run = (script: string): Promise<string> => kubectl(['-n', 'sn', 'exec', 'web-1', '--', 'sh', '-c', `${script}; exit 0`]);

/** Host names of those who answer, each asked by a connection of its own. */
const answers = async (url: string, count = 10): Promise<Set<string>> =>
  new Set((await run(`for i in $(seq ${count}); do timeout 3 wget -qO - ${url}; done`)).match(/web-\d/g) ?? []);

beforeAll(async () => {
  await buildWeb('v1');
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sn' } });
  await apply(web('web-1', 1), web('web-2', 2), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'headless', namespace: 'sn' },
    spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 8080 }] },
  });
  await kubectl(['-n', 'sn', 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
});
afterAll(async () => {
  await kubectl(['delete', 'namespace', 'sn', '--wait=false']);
});

describe('a service that changes its type', () => {
  it('is reached as what it is, from an external name to a node port and back', async () => {
    const ports = [{ port: 80, targetPort: 8080 }];
    await apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'sn' },
      spec: { type: 'ExternalName', externalName: 'headless.sn.svc.cluster.local' },
    });
    await eventually('the name that it is an alias of', async () => /headless\.sn/.test(await run('nslookup web.sn.svc.cluster.local')));
    expect((await getJson('service', 'web', '-n', 'sn')).spec.clusterIP).toBeUndefined();
    await patch({ type: 'NodePort', externalName: null, selector: { app: 'web' }, ports });
    const { spec } = await getJson('service', 'web', '-n', 'sn');
    for (const url of [
      'http://web/',
      `http://${spec.clusterIP}/`,
      `http://${nodeAddress(1)}:${spec.ports[0].nodePort}/`,
      `http://${nodeAddress(2)}:${spec.ports[0].nodePort}/`,
    ])
      await eventually(`an answer of both at ${url}`, async () => (await answers(url)).size === 2);
    await patch({
      type: 'ExternalName',
      externalName: 'elsewhere.example',
      clusterIP: null,
      clusterIPs: null,
      ports: null,
      selector: null,
    });
    const after = (await getJson('service', 'web', '-n', 'sn')).spec;
    expect([after.clusterIP, after.ports]).toEqual([undefined, undefined]);
    await patch({ type: 'ClusterIP', externalName: null, selector: { app: 'web' }, ports });
    await eventually('answers at its name', async () => (await answers('http://web/')).size === 2);
  });

  it('keeps each client on one endpoint while that is its affinity', async () => {
    await patch({ type: 'NodePort' });
    const { spec } = await getJson('service', 'web', '-n', 'sn');
    for (const url of [`http://${spec.clusterIP}/`, `http://${nodeAddress(2)}:${spec.ports[0].nodePort}/`]) {
      await patch({ sessionAffinity: 'ClientIP' });
      await eventually('one', async () => (await answers(url, 12)).size === 1);
      await patch({ sessionAffinity: 'None' });
      await eventually('both', async () => (await answers(url, 12)).size === 2);
    }
  });
});

describe('names', () => {
  it('of pods of a headless service, of the service, and of the cluster are found from inside', async () => {
    const ips = await Promise.all(['web-1', 'web-2'].map(async (name) => (await getJson('pod', name, '-n', 'sn')).status.podIP));
    const found = await run(
      'for n in web-2.headless headless kubernetes.default; do nslookup $n.svc.cluster.local 2>/dev/null || nslookup $n.sn.svc.cluster.local; done; cat /etc/hosts',
    );
    for (const ip of [...ips, '10.96.0.1']) expect(found).toContain(ip);
    expect(found).toContain(`${ips[0]}\tweb-1.headless.sn.svc.cluster.local\tweb-1`);
  });
});

const meta = (name: string): object => ({ name, namespace: 'sn', labels: { of: 'api' } });
const groups = { net: 'networking.k8s.io/v1', discovery: 'discovery.k8s.io/v1' };

describe('the API of', () => {
  it.each<[string, string, object]>([
    ['services', '/api/v1/namespaces/sn/services', { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80 }] } }],
    [
      'endpoints',
      '/api/v1/namespaces/sn/endpoints',
      { apiVersion: 'v1', kind: 'Endpoints', subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] },
    ],
    [
      'endpointslices',
      '/apis/discovery.k8s.io/v1/namespaces/sn/endpointslices',
      { apiVersion: groups.discovery, kind: 'EndpointSlice', addressType: 'IPv4', endpoints: [] },
    ],
    [
      'networkpolicies',
      '/apis/networking.k8s.io/v1/namespaces/sn/networkpolicies',
      { apiVersion: groups.net, kind: 'NetworkPolicy', spec: { podSelector: { matchLabels: { no: 'pod' } } } },
    ],
    [
      'ingresses',
      '/apis/networking.k8s.io/v1/namespaces/sn/ingresses',
      { apiVersion: groups.net, kind: 'Ingress', spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
    ],
  ])('%s creates, reads, watches, patches, replaces and deletes, one and many', async (resource, path, body) => {
    for (const name of ['one', 'two', 'three']) await apply({ ...body, metadata: meta(name) });
    const names = async (): Promise<string[]> =>
      (await getJson(resource, '-n', 'sn', '-l', 'of=api')).items.map((item: { metadata: { name: string } }) => item.metadata.name);
    expect(await names()).toEqual(['one', 'three', 'two']);
    expect((await getJson(resource, '-A', '-l', 'of=api')).items).toHaveLength(3);
    await kubectl(['-n', 'sn', 'patch', resource, 'one', '-p', '{"metadata":{"annotations":{"by":"patch"}}}']);
    const one = await getJson(resource, 'one', '-n', 'sn');
    expect(one.metadata.annotations.by).toBe('patch');
    await kubectl(['replace', '-f', '-'], JSON.stringify({ ...one, metadata: { ...one.metadata, annotations: { by: 'replace' } } }));
    const seen = await kubectl(['get', '--raw', `${path}?watch=1&resourceVersion=${one.metadata.resourceVersion}&timeoutSeconds=1`]);
    expect(seen).toMatch(/"MODIFIED"[^\n]*"by":"replace"/);
    await kubectl(['-n', 'sn', 'delete', resource, 'one', '--wait=false']);
    await eventually('one to be gone', async () => !(await names()).includes('one'));
    await kubectl(['delete', '--raw', `${path}?labelSelector=of%3Dapi`]);
    await eventually('all to be gone', async () => (await names()).length === 0);
  });

  it('the status of a service is read, patched and replaced by itself', async () => {
    const path = '/api/v1/namespaces/sn/services/headless/status';
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Patched',
      message: 'set from outside',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    await kubectl([
      '-n',
      'sn',
      'patch',
      'service',
      'headless',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status: { conditions: [condition] } }),
    ]);
    const service = JSON.parse(await kubectl(['get', '--raw', path]));
    expect(service.status.conditions).toEqual([condition]);
    service.status.conditions[0].reason = 'Replaced';
    await kubectl(['replace', '--subresource=status', '-f', '-'], JSON.stringify(service));
    expect((await getJson('service', 'headless', '-n', 'sn')).status.conditions[0].reason).toBe('Replaced');
  });
});

describe('host ports', () => {
  it('are as many as there are addresses and protocols, on one node', async () => {
    const pod = (name: string, port: object): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'sn' },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': nodeName(1) },
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: `${registry}/web:v1`, ports: [{ containerPort: 8080, hostPort: 54323, ...port }] }],
      },
    });
    await apply(
      pod('hp-1', { hostIP: '127.0.0.1', protocol: 'TCP' }),
      pod('hp-2', { hostIP: nodeAddress(1), protocol: 'TCP' }),
      pod('hp-3', { hostIP: nodeAddress(1), protocol: 'UDP' }),
    );
    await kubectl(['-n', 'sn', 'wait', '--for=condition=Ready', 'pod/hp-1', 'pod/hp-2', 'pod/hp-3', '--timeout=60s']);
    await eventually('an answer at the port of the node', async () =>
      (await run(`timeout 3 wget -qO - http://${nodeAddress(1)}:54323/`)).includes('hp-2'),
    );
    await apply(pod('hp-4', { hostIP: nodeAddress(1), protocol: 'TCP' }));
    await eventually('the one in conflict to wait', async () =>
      (await kubectlResult(['-n', 'sn', 'describe', 'pod', 'hp-4'])).stdout.includes("didn't have free ports"),
    );
  });
});
