import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { parse } from 'yaml';
import { env, eventually, getJson, kubectl, kubectlResult } from './clients.ts';
import { registry } from './shop.ts';

const namespace = 'bad';
const image = `${registry}/web:v1`;
const deployment = (change: object = {}, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'bad', namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'bad' } },
    template: { metadata: { labels: { app: 'bad' } }, spec: { containers: [{ name: 'c', image, ...change }], ...spec } },
  },
});

beforeAll(async () => {
  await kubectl(['create', 'namespace', namespace]);
});
afterAll(() => kubectl(['delete', 'namespace', namespace, '--timeout=90s']));

interface Answer {
  status: number;
  reason: string;
  message: string;
}

/** A request that no client would send, with the administrator's certificate unless `anonymous`. */
function send(
  method: string,
  path: string,
  body?: string | Buffer,
  { type = 'application/json', anonymous = false } = {},
): Promise<Answer> {
  const config = parse(readFileSync(env('KUBECONFIG'), 'utf8'));
  const user = config.users[0].user;
  const decode = (text: string): Buffer => Buffer.from(text, 'base64');
  const server = new URL(config.clusters[0].cluster.server);
  const identity = anonymous ? {} : { cert: decode(user['client-certificate-data']), key: decode(user['client-key-data']) };
  const agent = new Agent({ ca: readFileSync(join(env('BERTH_HOME'), 'pki/ca.crt')), ...identity });
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, host: server.hostname, port: server.port, method, path, headers: body === undefined ? {} : { 'content-type': type } },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          agent.destroy();
          const status = JSON.parse(text) as Answer;
          resolve({ status: response.statusCode!, reason: status.reason, message: status.message });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('objects that cannot be', () => {
  const cases: { name: string; object: unknown; says: string }[] = [
    {
      name: 'negative replicas',
      object: { ...deployment(), spec: { ...(deployment() as { spec: object }).spec, replicas: -1 } },
      says: 'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    },
    { name: 'unknown fields', object: deployment({ imgae: 'x' }), says: 'unknown field "spec.template.spec.containers[0].imgae"' },
    { name: 'wrong types', object: deployment({ ports: [{ containerPort: 'eighty' }] }), says: 'containerPort' },
    {
      name: 'invalid names',
      object: { ...deployment(), metadata: { name: 'Bad_Name', namespace } },
      says: 'metadata.name: Invalid value: "Bad_Name"',
    },
    {
      name: 'invalid labels',
      object: { ...deployment(), metadata: { name: 'bad', namespace, labels: { 'a b': 'c' } } },
      says: 'metadata.labels: Invalid value: "a b"',
    },
    {
      name: 'duplicate container names',
      object: deployment(
        {},
        {
          containers: [
            { name: 'c', image },
            { name: 'c', image },
          ],
        },
      ),
      says: 'spec.template.spec.containers[1].name: Duplicate value: "c"',
    },
    {
      name: 'a mount of no volume',
      object: deployment({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      says: 'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "v"',
    },
    {
      name: 'a request above its limit',
      object: deployment({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      says: 'must be less than or equal to cpu limit of 1',
    },
    {
      name: 'a selector that does not match the template',
      object: { ...deployment(), spec: { ...(deployment() as { spec: object }).spec, selector: { matchLabels: { app: 'other' } } } },
      says: '`selector` does not match template `labels`',
    },
    { name: 'no containers', object: deployment({}, { containers: [] }), says: 'spec.template.spec.containers: Required value' },
  ];

  it.each(cases)('$name', async ({ object, says }) => {
    const { code, stderr } = await kubectlResult(['apply', '-f', '-'], JSON.stringify(object));
    expect(code).toBe(1);
    expect(stderr).toContain(says);
    expect((await getJson('deployments', '-n', namespace)).items).toEqual([]);
  });

  it('immutable fields stay as they are', async () => {
    await kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ ...deployment(), spec: { ...(deployment() as { spec: object }).spec, replicas: 0 } }),
    );
    const { stderr } = await kubectlResult([
      '-n',
      namespace,
      'patch',
      'deployment',
      'bad',
      '--type=merge',
      '-p',
      '{"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}}}}}',
    ]);
    expect(stderr).toContain('spec.selector: Invalid value');
    expect(stderr).toContain('field is immutable');
    await kubectl(['-n', namespace, 'delete', 'deployment', 'bad']);
  });
});

describe('requests that cannot be', () => {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const cases: { name: string; answer: () => Promise<Answer>; want: Partial<Answer> }[] = [
    {
      name: 'a 4 MiB body',
      answer: () => send('POST', path, Buffer.alloc(4 << 20, 'x')),
      want: { status: 413, reason: 'RequestEntityTooLarge' },
    },
    { name: 'an empty body', answer: () => send('POST', path, ''), want: { status: 400, reason: 'BadRequest' } },
    { name: 'malformed JSON', answer: () => send('POST', path, '{"metadata":'), want: { status: 400, reason: 'BadRequest' } },
    {
      name: 'malformed YAML',
      answer: () => send('POST', path, 'a: [', { type: 'application/yaml' }),
      want: { status: 400, reason: 'BadRequest' },
    },
    {
      name: 'a wrong media type',
      answer: () => send('POST', path, 'x', { type: 'text/plain' }),
      want: { status: 415, reason: 'UnsupportedMediaType' },
    },
    { name: 'an unknown resource', answer: () => send('GET', '/api/v1/gadgets'), want: { status: 404, reason: 'NotFound' } },
    { name: 'a wrong method', answer: () => send('PUT', '/api/v1/nodes', '{}'), want: { status: 405, reason: 'MethodNotAllowed' } },
    {
      name: 'another namespace in the body',
      answer: () => send('POST', path, JSON.stringify({ metadata: { name: 'a', namespace: 'other' } })),
      want: { status: 400, reason: 'BadRequest' },
    },
    { name: 'nobody', answer: () => send('GET', path, undefined, { anonymous: true }), want: { status: 403, reason: 'Forbidden' } },
    {
      name: 'a continue token from nowhere',
      answer: () => send('GET', `${path}?limit=1&continue=xyz`),
      want: { status: 400, reason: 'BadRequest' },
    },
  ];
  it.each(cases)('$name', async ({ answer, want }) => {
    expect(await answer()).toMatchObject(want);
  });
});

describe('pods that cannot run', () => {
  const pod = (name: string, container: object): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: { containers: [{ name: 'c', image, ...container }] },
    });
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of kubectl
  const state = async (name: string): Promise<any> => (await getJson('pod', name, '-n', namespace)).status.containerStatuses?.[0];

  it.each([
    {
      name: 'no-config',
      container: { envFrom: [{ configMapRef: { name: 'nope' } }] },
      reason: 'CreateContainerConfigError',
      says: 'configmap "nope" not found',
    },
    { name: 'bad-name', container: { image: 'UPPER/case:::' }, reason: 'InvalidImageName', says: "couldn't parse image" },
    {
      name: 'never-there',
      container: { image: `${registry}/nothing:here`, imagePullPolicy: 'Never' },
      reason: 'ErrImageNeverPull',
      says: 'is not present with pull policy of Never',
    },
  ])('$name waits with $reason', async ({ name, container, reason, says }) => {
    await kubectl(['apply', '-f', '-'], pod(name, container));
    const waiting = await eventually(reason, async () => {
      const found = (await state(name))?.state?.waiting;
      return found?.reason === reason && found;
    });
    expect(waiting.message).toContain(says);
  });

  it('a command that does not exist ends with StartError and 128, and backs off', async () => {
    await kubectl(['apply', '-f', '-'], pod('no-command', { command: ['/no/such/command'] }));
    const last = await eventually('the second try', async () => {
      const status = await state('no-command');
      return status?.state?.waiting?.reason === 'CrashLoopBackOff' && status.lastState.terminated;
    });
    expect(last).toMatchObject({ reason: 'StartError', exitCode: 128 });
    expect(last.message).toContain('/no/such/command');
  });

  it('no node that fits is told with the reason of each', async () => {
    await kubectl(['apply', '-f', '-'], pod('too-large', { resources: { requests: { cpu: '1000' } } }));
    await eventually('the event', async () =>
      (await kubectl(['-n', namespace, 'describe', 'pod', 'too-large'])).includes('0/3 nodes are available: 3 Insufficient cpu.'),
    );
  });
});
