import { isDeepStrictEqual } from 'node:util';
import { eventually, fetchText, getJson, kubectl, kubectlResult } from './clients.ts';
import { buildWeb, nodeAddress, registry } from './shop.ts';

const image = `${registry}/web:v1`;
const life = (...args: string[]): Promise<string> => kubectl(['-n', 'life', ...args]);
const create = (...objects: object[]): Promise<string> =>
  kubectl(['-n', 'life', 'apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
const podOf = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { v: 'one' } },
  spec: { terminationGracePeriodSeconds: 1, ...spec },
});
const configMap = (name: string, data: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

beforeAll(async () => {
  await buildWeb('v1');
  await kubectl(['create', 'namespace', 'life']);
});
afterAll(() => kubectl(['delete', 'namespace', 'life']));

it('a container starts again with what has replaced its subPath sources', async () => {
  const parts = ['map', 'secret', 'labels', 'all', 'file', 'dir', 'expr'];
  const script = `cd /parts; for part in ${parts.join(' ')}; do cat $part $part/x 2>/dev/null; done; trap 'exit 1' TERM; sleep 1000 & wait`;
  const volumes = [
    { name: 'map', configMap: { name: 'replaced' } },
    { name: 'secret', secret: { secretName: 'replaced' } },
    { name: 'labels', downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: "metadata.labels['v']" } }] } },
    { name: 'all', projected: { sources: [{ configMap: { name: 'replaced' } }] } },
    { name: 'own', emptyDir: {} },
  ];
  const part = (name: string, more: object) => ({ name, mountPath: `/parts/${name}`, subPath: 'x', ...more });
  const volumeMounts = [
    ...['map', 'secret', 'labels', 'all'].map((name) => part(name, {})),
    part('file', { name: 'own', subPath: 'f' }),
    part('dir', { name: 'own', subPath: 'd' }),
    part('expr', { name: 'own', subPath: undefined, subPathExpr: '$(WHICH)' }),
  ];
  const own = [{ name: 'own', mountPath: '/own' }];
  const write = (text: string): string => `mkdir n; echo ${text} > n/x; echo ${text} > m; rm -rf d; mv n d; mv m f`;
  await create(
    configMap('replaced', { x: 'one\n' }),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'replaced' }, stringData: { x: 'one\n' } },
    podOf('parts', {
      volumes,
      initContainers: [{ name: 'first', image, command: ['sh', '-c', `cd /own; ${write('one')}`], volumeMounts: own }],
      containers: [
        { name: 'c', image, command: ['sh', '-c', script], volumeMounts, env: [{ name: 'WHICH', value: 'f' }] },
        { name: 'side', image, command: ['sleep', '1000'], volumeMounts: [...own, { name: 'map', mountPath: '/map' }] },
      ],
    }),
  );
  const said = async (): Promise<string> => (await life('logs', 'parts', '-c', 'c')).replaceAll('\n', '');
  await eventually('the first values', async () => (await said()) === 'one'.repeat(parts.length));
  await life('label', 'pod', 'parts', 'v=two', '--overwrite');
  await create(configMap('replaced', { x: 'two\n' }));
  await life('patch', 'secret', 'replaced', '-p', '{"stringData":{"x":"two\\n"}}');
  await life('exec', 'parts', '-c', 'side', '--', 'sh', '-c', `cd /own; ${write('two')}`);
  await eventually('the new value', async () => (await life('exec', 'parts', '-c', 'side', '--', 'cat', '/map/x')) === 'two\n');
  await kubectlResult(['-n', 'life', 'exec', 'parts', '-c', 'c', '--', 'kill', '1']); // which may end with its container
  await eventually('the new values', async () => (await said()) === 'two'.repeat(parts.length));
  expect((await getJson('pod', 'parts', '-n', 'life')).status.containerStatuses[0].restartCount).toBe(1);
});

it('the last replica serves until its hook has ended, for as long as it is ready', async () => {
  const wait = 'touch /tmp/hook; while [ ! -f /tmp/go ]; do sleep 0.1; done';
  const container = {
    name: 'c',
    image,
    lifecycle: { preStop: { exec: { command: ['sh', '-c', wait] } } },
    readinessProbe: { exec: { command: ['sh', '-c', '! test -f /tmp/unready'] }, periodSeconds: 1, failureThreshold: 1 },
  };
  const [selector, ports] = [{ app: 'last' }, [{ port: 80, targetPort: 8080 }]];
  const service = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ...spec } });
  await create(
    service('last', { type: 'NodePort', ports: [{ ...ports[0], nodePort: 30091 }] }),
    service('near', { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ ...ports[0], nodePort: 30092 }] }),
    { ...podOf('last', { terminationGracePeriodSeconds: 60, containers: [container] }), metadata: { name: 'last', labels: selector } },
  );
  await life('wait', '--for=condition=Ready', 'pod/last', '--timeout=60s');
  const { hostIP } = (await getJson('pod', 'last', '-n', 'life')).status;
  const endpointIs = (want: object) => async (): Promise<boolean> => {
    const [slice] = (await getJson('endpointslices', '-n', 'life', '-l', 'kubernetes.io/service-name=last')).items;
    return isDeepStrictEqual(slice.endpoints?.[0]?.conditions, want);
  };
  await life('delete', 'pod', 'last', '--wait=false');
  await eventually('it to serve while it terminates', endpointIs({ ready: false, serving: true, terminating: true }));
  await life('exec', 'last', '--', 'sh', '-c', 'while [ ! -f /tmp/hook ]; do sleep 0.1; done');
  const urls = [...[1, 2, 3].map((n) => `http://${nodeAddress(n)}:30091/`), `http://${hostIP}:30092/`];
  const answers = await Promise.all(urls.flatMap((url) => Array.from({ length: 10 }, () => fetchText(url))));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await life('exec', 'last', '--', 'touch', '/tmp/unready');
  await eventually('it to serve no more', endpointIs({ ready: false, serving: false, terminating: true }));
  await eventually('refusal', async () => (await fetchText(urls[0]!)).status === 0);
  await life('exec', 'last', '--', 'touch', '/tmp/go');
  await life('wait', '--for=delete', 'pod/last', '--timeout=60s');
});

it('probes follow redirects on their host, and warn of those that lead elsewhere', async () => {
  const answer = (head: string): string => `#!/bin/sh\nprintf '${head}\\r\\nContent-Type: text/plain\\r\\n\\r\\nbody'\n`;
  const server = (name: string, port: number, path: string) => ({
    name,
    image,
    command: ['httpd', '-f', '-p', String(port), '-h', '/w'],
    volumeMounts: [{ name: 'w', mountPath: '/w/cgi-bin' }],
    readinessProbe: { httpGet: { path: `/cgi-bin/${path}`, port }, periodSeconds: 1 },
  });
  await create(
    configMap('cgi', {
      good: answer('Status: 302\\r\\nLocation: /cgi-bin/ok'),
      ok: answer('Status: 200'),
      bad: answer('Status: 302\\r\\nLocation: /cgi-bin/none'),
      away: answer('Status: 302\\r\\nLocation: http://0.0.0.0/'),
    }),
    podOf('probed', {
      volumes: [{ name: 'w', configMap: { name: 'cgi', defaultMode: 0o755 } }],
      containers: [server('good', 8081, 'good'), server('bad', 8082, 'bad'), server('away', 8083, 'away')],
    }),
  );
  const events = async (): Promise<string[]> =>
    (await getJson('events', '-n', 'life', '--field-selector=involvedObject.name=probed')).items.map(
      ({ reason, message }: { reason: string; message: string }) => `${reason} ${message}`,
    );
  const warning = 'ProbeWarning Readiness probe warning: Probe terminated redirects, Response body: body';
  await eventually('both events', async () => {
    const all = await events();
    return all.includes(warning) && all.includes('Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 404');
  });
  const { status } = await getJson('pod', 'probed', '-n', 'life');
  const ready = status.containerStatuses.map(({ name, ready: is }: { name: string; ready: boolean }) => `${name} ${is}`);
  expect(ready.toSorted()).toEqual(['away true', 'bad false', 'good true']);
});

it('last words are taken from whoever a container runs as, and share 12 KiB', async () => {
  const words = (path: string) => ['sh', '-c', `head -c 5000 /dev/zero | tr '\\0' x > ${path}`];
  const containers = [1, 2, 3, 4, 5].map((n) => ({
    name: `c${n}`,
    image,
    command: words('/last/words'),
    terminationMessagePath: '/last/words',
  }));
  const log = { name: 'log', image, command: ['sh', '-c', 'echo why; exit 3'], terminationMessagePolicy: 'FallbackToLogsOnError' };
  await create(podOf('words', { restartPolicy: 'Never', securityContext: { runAsUser: 10_000 }, containers: [...containers, log] }));
  await eventually('its end', async () => (await getJson('pod', 'words', '-n', 'life')).status.phase === 'Failed');
  const { containerStatuses } = (await getJson('pod', 'words', '-n', 'life')).status;
  const messages = containerStatuses.map((s: { state: { terminated: { message: string } } }) => s.state.terminated.message);
  expect(messages.map((message: string) => message.length)).toEqual([2048, 2048, 2048, 2048, 2048, 4]);
});
