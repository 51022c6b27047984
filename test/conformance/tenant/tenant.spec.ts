import { admin, startTestServer, type TestServer } from '#api-server/testing';

/** A whole api-server with its own authorization and admission; who asks is named by the token. */
let server: TestServer;
const dev = '/api/v1/namespaces/dev';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const from = (who: string, headers: Record<string, string> = {}) => ({ headers: { authorization: `Bearer ${who}`, ...headers } });

const roleRef = (name: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });
const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'tenant' }];
const pod = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const restricted = (name: string, spec: object = {}): object =>
  pod(name, {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [{ name: 'c', image: 'i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
    ...spec,
  });
const groupsOf = (token?: string): string[] => {
  if (!token) return ['system:unauthenticated'];
  const [, namespace] = /^system:serviceaccount:(.*):/.exec(token) ?? [];
  return ['system:authenticated', ...(namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : [])];
};

const labels = { a: 'b' };
const deployment = {
  metadata: { name: 'd' },
  spec: { selector: { matchLabels: labels }, template: { ...pod('d'), metadata: { labels } } },
};

beforeAll(async () => {
  server = await startTestServer({
    authenticator: {
      authenticate: async ({ token }) => (token === 'admin' ? admin : { username: token ?? 'system:anonymous', groups: groupsOf(token) }),
    },
  });
  const make = async (path: string, body: object): Promise<void> => {
    expect((await server.call('POST', path, { body, ...from('admin') })).status).toBe(201);
  };
  const enforced = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await make('/api/v1/namespaces', { metadata: { name: 'dev', labels: enforced } });
  await make('/api/v1/namespaces', { metadata: { name: 'open' } });
  await make('/api/v1/namespaces', { metadata: { name: 'other' } });
  for (const namespace of ['dev', 'open', 'other']) {
    await make(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
    await make(`/api/v1/namespaces/${namespace}/secrets`, { metadata: { name: 's' }, stringData: { a: 'b' } });
    if (namespace !== 'other')
      await make(`${rbac}/namespaces/${namespace}/rolebindings`, { metadata: { name: 'tenant' }, roleRef: roleRef('edit'), subjects });
  }
});
afterAll(() => server.close());

type Row = [what: string, method: string, path: string, body?: object];

async function ask(who: string, [, method, path, body]: Row, headers: Record<string, string> = {}): Promise<number> {
  const merge: Record<string, string> = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {};
  const { status } = await server.call(method, path, { ...(body && { body }), ...from(who, { ...merge, ...headers }) });
  return status;
}
/** Jest takes a missing last value for a callback. */
const rows = (table: Row[]): [string, Row][] => table.map((row) => [row[0], row]);

describe('who has edit in a namespace that enforces restricted', () => {
  it.each(
    rows([
      ['runs pods that the standard allows', 'POST', `${dev}/pods`, restricted('fine')],
      ['deploys', 'POST', '/apis/apps/v1/namespaces/dev/deployments', deployment],
      ['reads the secrets of the namespace', 'GET', `${dev}/secrets/s`],
      ['gets tokens of its service accounts', 'POST', `${dev}/serviceaccounts/default/token`, { spec: {} }],
    ]),
  )('%s', async (_what, row) => {
    expect([200, 201]).toContain(await ask('tenant', row));
  });

  it('acts as its service accounts', async () => {
    const as = { 'impersonate-user': 'system:serviceaccount:dev:default' };
    expect(await ask('tenant', ['', 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}], as)).toBe(201);
  });

  it.each(
    rows([
      [
        'runs a privileged pod',
        'POST',
        `${dev}/pods`,
        pod('x', { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] }),
      ],
      ['runs a pod among the processes of the node', 'POST', `${dev}/pods`, restricted('x', { hostPID: true })],
      ['runs a pod on the network of the node', 'POST', `${dev}/pods`, restricted('x', { hostNetwork: true })],
      ['mounts files of the node', 'POST', `${dev}/pods`, restricted('x', { volumes: [{ name: 'v', hostPath: { path: '/' } }] })],
      [
        'runs as root',
        'POST',
        `${dev}/pods`,
        restricted('x', { securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } } }),
      ],
      ['takes the labels away that enforce it', 'PATCH', '/api/v1/namespaces/dev', { metadata: { labels: null } }],
      ['reads secrets of another namespace', 'GET', '/api/v1/namespaces/other/secrets/s'],
      ['lists secrets of all namespaces', 'GET', '/api/v1/secrets'],
      ['sees pods of another namespace', 'GET', '/api/v1/namespaces/other/pods'],
      ['gets a token of another namespace', 'POST', '/api/v1/namespaces/other/serviceaccounts/default/token', { spec: {} }],
      ['sees nodes', 'GET', '/api/v1/nodes'],
      ['reaches the port of a node', 'GET', '/api/v1/nodes/n1/proxy/pods'],
      ['makes namespaces', 'POST', '/api/v1/namespaces', { metadata: { name: 'mine' } }],
      [
        'binds a role in its namespace',
        'POST',
        `${rbac}/namespaces/dev/rolebindings`,
        { metadata: { name: 'x' }, roleRef: roleRef('admin'), subjects },
      ],
      [
        'binds a role of the cluster',
        'POST',
        `${rbac}/clusterrolebindings`,
        { metadata: { name: 'x' }, roleRef: roleRef('cluster-admin'), subjects },
      ],
      ['places a pod by itself', 'POST', `${dev}/pods/fine/binding`, { metadata: { name: 'fine' }, target: { kind: 'Node', name: 'n1' } }],
      ['raises its quota', 'POST', `${dev}/resourcequotas`, { metadata: { name: 'x' } }],
    ]),
  )('never %s', async (_what, row) => {
    expect(await ask('tenant', row)).toBe(403);
  });

  it.each([
    ['another user', { 'impersonate-user': 'kubernetes-admin' }],
    ['the administrators’ group', { 'impersonate-user': 'tenant', 'impersonate-group': 'system:masters' }],
    ['a service account of another namespace', { 'impersonate-user': 'system:serviceaccount:other:default' }],
  ])('never acts as %s', async (_who, headers) => {
    expect(await ask('tenant', ['', 'GET', '/api/v1/nodes'], headers)).toBe(403);
  });
});

describe('who has edit in a namespace without labels', () => {
  it('runs any pod: nothing is enforced by default', async () => {
    const spec = { hostPID: true, containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] };
    expect(await ask('tenant', ['', 'POST', '/api/v1/namespaces/open/pods', pod('x', spec)])).toBe(201);
  });
});

describe('a pod, by the account that it gets', () => {
  it.each(
    rows([
      ['sees itself', 'GET', `${dev}/pods/fine`],
      ['reads the secrets of its namespace', 'GET', `${dev}/secrets/s`],
      ['makes pods', 'POST', `${dev}/pods`, restricted('x')],
      ['sees nodes', 'GET', '/api/v1/nodes'],
    ]),
  )('never %s', async (_what, row) => {
    expect(await ask('system:serviceaccount:dev:default', row)).toBe(403);
  });
});

describe('who has a name and no rights', () => {
  it.each(
    rows([
      ['reads what is served', 'GET', '/apis/apps/v1'],
      ['reads the version', 'GET', '/version'],
      ['asks who it is', 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}],
      ['asks what it may do', 'POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: 'dev' } }],
    ]),
  )('%s', async (_what, row) => {
    expect([200, 201]).toContain(await ask('nobody', row));
  });

  it.each(
    rows([
      ['reads an object', 'GET', `${dev}/pods/fine`],
      ['makes an object', 'POST', `${dev}/configmaps`, { metadata: { name: 'x' } }],
      [
        'asks what others may do',
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        { spec: { user: 'tenant', nonResourceAttributes: { path: '/', verb: 'get' } } },
      ],
      ['has tokens reviewed', 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 't' } }],
      ['reads metrics', 'GET', '/metrics'],
    ]),
  )('never %s', async (_what, row) => {
    expect(await ask('nobody', row)).toBe(403);
  });
});

it.each(
  rows([
    ['reads health', 'GET', '/livez'],
    ['reads the version', 'GET', '/version'],
  ]),
)('who shows nothing %s', async (_what, row) => {
  expect(await ask('', row)).toBe(200);
});

it.each(
  rows([
    ['reads what is served', 'GET', '/apis'],
    ['reads an object', 'GET', `${dev}/pods`],
    ['asks who it is', 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}],
    ['reads metrics', 'GET', '/metrics'],
  ]),
)('who shows nothing never %s', async (_what, row) => {
  expect(await ask('', row)).toBe(403);
});
