import { eventually, fetchText, getJson, kubectl, kubectlResult } from './clients.ts';
import { deployShop, execIn, nodeName, type ShopPod, shopPods } from './shop.ts';

let pods: ShopPod[];
beforeAll(async () => {
  await deployShop();
  pods = await shopPods();
});
afterAll(async () => {
  await kubectl(['-n', 'shop', 'delete', 'service', 'balanced', 'wide', '--ignore-not-found']);
  await kubectl(['delete', 'servicecidr', 'wide', '--ignore-not-found', '--wait=false']);
});

const addresses = async (name: string): Promise<string[]> =>
  ((await getJson('service', name, '-n', 'shop')).status.loadBalancer.ingress ?? []).map(({ ip }: { ip: string }) => ip);
const url = (ip: string): string => `http://${ip.includes(':') ? `[${ip}]` : ip}/`;
const answers = async (ip: string): Promise<Set<string>> => {
  const all = await Promise.all(Array.from({ length: 20 }, () => fetchText(url(ip))));
  expect(all.filter(({ status }) => status !== 200)).toEqual([]);
  return new Set(all.map(({ body }) => body.split(' ')[1]!));
};

describe('a load balancer', () => {
  it('has addresses of the node network by which this machine, and pods, reach every replica', async () => {
    await kubectl([
      '-n',
      'shop',
      'expose',
      'deployment',
      'web',
      '--name=balanced',
      '--type=LoadBalancer',
      '--port=80',
      '--target-port=8080',
    ]);
    await kubectl(['-n', 'shop', 'patch', 'service', 'balanced', '-p', '{"spec":{"ipFamilyPolicy":"PreferDualStack"}}']);
    const ips = await eventually('an address of each family', async () => {
      const given = await addresses('balanced');
      return given.length === (await getJson('service', 'balanced', '-n', 'shop')).spec.ipFamilies.length && given;
    });
    const names = new Set(pods.map(({ name }) => name));
    for (const ip of ips) {
      await eventually(`somebody answers for ${ip}`, async () => (await fetchText(url(ip)).catch(() => undefined))?.status === 200);
      expect(await answers(ip)).toEqual(names);
    }
    expect(await execIn(pods[0]!.name, 'timeout', '5', 'wget', '-q', '-O', '-', url(ips[0]!))).toMatch(/^v/);
    expect(await kubectl(['-n', 'shop', 'get', 'service', 'balanced'])).toContain(ips[0]);
    expect(await kubectl(['-n', 'shop', 'get', 'events', '--field-selector=involvedObject.name=balanced'])).toContain(
      'Ensured load balancer',
    );
  });

  it('keeps to what it is given: refuses at a port that it does not serve, and an address that another has', async () => {
    const [ip] = await addresses('balanced');
    expect((await fetchText(`http://${ip}:10250/`)).body).toContain('ECONNREFUSED');
    await kubectl(['-n', 'shop', 'create', 'service', 'loadbalancer', 'wide', '--tcp=80:8080']);
    await kubectl(['-n', 'shop', 'annotate', 'service', 'wide', `berth.dev/load-balancer-ips=${ip}`]);
    await eventually('the refusal is told', async () =>
      (await kubectl(['-n', 'shop', 'get', 'events', '--field-selector=involvedObject.name=wide'])).includes(
        `requested address ${ip} is in use`,
      ),
    );
    await kubectl(['-n', 'shop', 'delete', 'service', 'wide']);
  });

  it('shows the client to a replica of the node, with policy Local', async () => {
    const [ip] = await addresses('balanced');
    await kubectl(['-n', 'shop', 'patch', 'service', 'balanced', '-p', '{"spec":{"externalTrafficPolicy":"Local"}}']);
    const { spec } = await getJson('service', 'balanced', '-n', 'shop');
    expect(spec.healthCheckNodePort).toBeGreaterThan(0);
    await eventually('one node answers', async () => (await answers(ip!)).size === 1);
    await kubectl(['-n', 'shop', 'patch', 'service', 'balanced', '-p', '{"spec":{"externalTrafficPolicy":"Cluster"}}']);
  });

  it('is answered for by another node when its own takes no traffic from outside any more, and when it is gone', async () => {
    const [ip] = await addresses('balanced');
    const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
    const names = [1, 2, 3].map(nodeName);
    // Each node in turn is the only one.
    for (const name of names) {
      await kubectl(['label', 'node', ...names.filter((other) => other !== name), `${label}=true`, '--overwrite']);
      await kubectl(['label', 'node', name, `${label}-`]);
      await eventually(`${name} answers`, async () => (await fetchText(url(ip!)).catch(() => undefined))?.status === 200);
    }
    await kubectl(['label', 'node', ...names, `${label}-`]);
    // What is under way when an address moves does not survive it, as the node that has it now knows nothing of that.
    await eventually('every replica answers', async () => (await answers(ip!)).size > 1);
  });
});

describe('a further ServiceCIDR', () => {
  it('gives services addresses that every node routes, and is held while one is in use', async () => {
    const manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'wide' },
      spec: { cidrs: ['10.97.0.0/24'] },
    };
    await kubectl(['create', '-f', '-'], JSON.stringify(manifest));
    await kubectl(['wait', '--for=condition=Ready', 'servicecidr/wide', '--timeout=20s']);
    await kubectl(['-n', 'shop', 'create', 'service', 'clusterip', 'wide', '--clusterip=10.97.0.7', '--tcp=80:8080']);
    await kubectl(['-n', 'shop', 'patch', 'service', 'wide', '-p', '{"spec":{"selector":{"app":"web"}}}']);
    expect(await kubectl(['get', 'ipaddress', '10.97.0.7'])).toContain('services/shop/wide');
    for (const { name } of pods) {
      await eventually(`${name} reaches it`, async () =>
        (await execIn(name, 'timeout', '5', 'wget', '-q', '-O', '-', 'http://10.97.0.7/')).startsWith('v'),
      );
    }
    await kubectl(['delete', 'servicecidr', 'wide', '--wait=false']);
    await eventually('it says why it stays', async () =>
      (await kubectl(['get', 'servicecidr', 'wide', '-o', 'yaml'])).includes('There are still IPAddresses referencing the ServiceCIDR'),
    );
    await kubectl(['-n', 'shop', 'delete', 'service', 'wide']);
    expect((await kubectlResult(['get', 'ipaddress', '10.97.0.7'])).stderr).toContain('not found');
    await kubectl(['wait', '--for=delete', 'servicecidr/wide', '--timeout=30s']);
  }, 90_000);
});
