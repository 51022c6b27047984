import { eventually, fetchText, getJson, kubectl } from './clients.ts';
import { deployShop, execIn, nodeAddress, type ShopPod, shopManifest, shopPods } from './shop.ts';

let pods: ShopPod[];
beforeAll(async () => {
  await deployShop();
  pods = await shopPods();
});

/** Which pods answered `count` requests from inside a pod. */
async function answersFrom(pod: string, url: string, count: number): Promise<Set<string>> {
  const script = `i=0; while [ $i -lt ${count} ]; do timeout 5 wget -q -O - ${url} || echo failed; i=$((i+1)); done`;
  const lines = (await execIn(pod, 'sh', '-c', script)).trim().split('\n');
  expect(lines.filter((line) => !line.startsWith('v1 '))).toEqual([]);
  return new Set(lines.map((line) => line.split(' ')[1]!));
}

describe('a declared service', () => {
  it('runs one replica a node', () => {
    expect(new Set(pods.map(({ node }) => node)).size).toBe(3);
    expect(pods.every(({ ready, restarts }) => ready && restarts === 0)).toBe(true);
  });

  it('gives containers what the manifest declares: environment, files, an init container’s work', async () => {
    const { body } = await fetchText(`http://${nodeAddress(1)}:30090/`);
    expect(body).toMatch(/^v1 web-\S+ \S+-\d greeting=hello password=s3cret file=welcome init=done$/m);
    const pod = pods[0]!.name;
    expect(await execIn(pod, 'cat', '/etc/secret/password')).toBe('s3cret');
    expect(await execIn(pod, 'ls', '/var/run/secrets/kubernetes.io/serviceaccount')).toBe('ca.crt\nnamespace\ntoken\n');
    expect(await execIn(pod, 'cat', '/var/run/secrets/kubernetes.io/serviceaccount/namespace')).toBe('shop');
    expect(await execIn(pod, 'id', '-u')).toBe('1000\n');
    expect(await execIn(pod, 'sh', '-c', 'echo $KUBERNETES_SERVICE_HOST $WEB_SERVICE_PORT')).toBe('10.96.0.1 80\n');
  });

  it('has its limits in the cgroup', async () => {
    const limit = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max';
    expect((await execIn(pods[0]!.name, 'sh', '-c', limit)).trim()).toBe(String(64 * 1024 * 1024));
  });

  it('answers by its DNS names from a pod, spread over the replicas', async () => {
    for (const name of ['web', 'web.shop', 'web.shop.svc.cluster.local']) {
      expect(await answersFrom(pods[0]!.name, `http://${name}/`, 20)).toEqual(new Set(pods.map((p) => p.name)));
    }
    const { spec } = await getJson('service', 'web', '-n', 'shop');
    expect(await execIn(pods[1]!.name, 'nslookup', 'web.shop.svc.cluster.local')).toContain(spec.clusterIP);
    expect(await execIn(pods[1]!.name, 'cat', '/etc/resolv.conf')).toContain(
      'search shop.svc.cluster.local svc.cluster.local cluster.local',
    );
  });

  it('answers on pod addresses across nodes', async () => {
    for (const from of pods)
      for (const to of pods) expect(await answersFrom(from.name, `http://${to.ip}:8080/`, 1)).toEqual(new Set([to.name]));
  });

  it('answers on its node port, on any node, from the host', async () => {
    for (const n of [1, 2, 3]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetchText(`http://${nodeAddress(n)}:30090/`)));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(new Set(answers.map(({ body }) => body.split(' ')[1])).size).toBe(3);
    }
  });

  it('reaches the API from a pod with the token and the authority that it was given', async () => {
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    // BusyBox has no TLS that verifies; the address answering on the service port is what a client library needs.
    const text = await execIn(
      pods[0]!.name,
      'sh',
      '-c',
      `timeout 5 nc -w 2 $KUBERNETES_SERVICE_HOST 443 </dev/null && head -c 27 ${account}/ca.crt`,
    );
    expect(text).toBe('-----BEGIN CERTIFICATE-----');
    const allowed = await kubectl(['auth', 'can-i', 'list', 'pods', '--as=system:serviceaccount:shop:web', '-n', 'shop']).catch(
      (err: Error) => err.message,
    );
    expect(allowed).toContain('no');
  });

  it('refuses at once where a service has no endpoint', async () => {
    await kubectl(['create', 'service', 'clusterip', 'empty', '--tcp=80:80', '-n', 'shop']);
    const { spec } = await getJson('service', 'empty', '-n', 'shop');
    const refused = await eventually('the refusal', async () => {
      const text = await execIn(pods[0]!.name, 'sh', '-c', `timeout 4 nc ${spec.clusterIP} 80 2>&1 </dev/null; echo exit $?`);
      return text.includes('exit 1') && text;
    });
    expect(refused).not.toContain('exit 143');
    await kubectl(['delete', 'service', 'empty', '-n', 'shop']);
  });

  it('lists its endpoints, in both kinds', async () => {
    const addresses = pods.map(({ ip }) => ip).toSorted();
    const endpoints = await getJson('endpoints', 'web', '-n', 'shop');
    expect(endpoints.subsets[0].addresses.map((a: { ip: string }) => a.ip).toSorted()).toEqual(addresses);
    const { items } = await getJson('endpointslices', '-n', 'shop', '-l', 'kubernetes.io/service-name=web');
    expect(
      items.flatMap((slice: { endpoints: { addresses: string[] }[] }) => slice.endpoints.flatMap((e) => e.addresses)).toSorted(),
    ).toEqual(addresses);
  });

  it('is unchanged when applied again, from either side, and has no difference', async () => {
    const manifest = await shopManifest();
    const again = await kubectl(['apply', '-f', '-'], manifest);
    expect(
      again
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' unchanged') && !line.startsWith('secret/')),
    ).toEqual([]);
    expect(await kubectl(['diff', '-f', '-'], manifest)).toBe('');
    expect(await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifest)).toContain(
      'deployment.apps/web serverside-applied',
    );
    const { metadata } = await getJson('deployment', 'web', '-n', 'shop');
    await kubectl(['apply', '--server-side', '-f', '-'], manifest);
    expect((await getJson('deployment', 'web', '-n', 'shop')).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });
});
