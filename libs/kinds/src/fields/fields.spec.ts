import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinTypes } from '#api';
import { startTestServer, type TestServer } from '#api-server/testing';
import { accountedKinds, type Example, fieldStates, type TypeFields } from './index.ts';

const root = join(import.meta.dirname, '../../../..');
const longName = (type: string): string => (type.startsWith('meta.') ? `io.k8s.apimachinery.pkg.apis.${type}` : `io.k8s.api.${type}`);
const shortName = (type: string): string => type.replace(/^io\.k8s\.(api|apimachinery\.pkg\.apis)\./, '');

const doneIn = (state: TypeFields): string[] => Object.values(state.done).flatMap((fields) => fields.split(' '));
const otherwise = (state: TypeFields): string[] =>
  [state.warned, state.refused, state.waits, state.unwritten].flatMap((list) => Object.keys(list ?? {}));

/** Every field that a client may write, by type; what lies below one that nothing acts on is not looked at. */
function reachable(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const visit = (type: string): void => {
    if (found.has(type)) return;
    const fields = builtinTypes.type(longName(type))?.fields;
    if (!fields) throw new Error(`the type table has no ${type}`);
    found.set(type, [...fields.keys()]);
    const state = fieldStates[type];
    for (const [name, { value }] of fields) {
      let inner = value;
      while (inner.type === 'list' || inner.type === 'map') inner = inner.type === 'list' ? inner.items : inner.values;
      if (inner.type === 'struct' && !(state && otherwise(state).includes(name))) visit(shortName(inner.of));
    }
  };
  for (const kind of accountedKinds) visit(kind);
  return found;
}

const listed = Object.entries(fieldStates);
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const names = (word: string, file: string): boolean => new RegExp(`\\b${word}\\b`).test(text(file));

describe('the account of fields', () => {
  it('has every field of every type that the kinds are made of, once, and no other', () => {
    const accounted = listed.map(([type, state]) => [type, [...doneIn(state), ...otherwise(state)].toSorted()] as const);
    const present = [...reachable()].map(([type, fields]) => [type, fields.toSorted()] as const);
    expect(Object.fromEntries(accounted)).toEqual(Object.fromEntries(present));
  });

  const readers = listed.flatMap(([type, { done }]) => Object.entries(done).map(([file, fields]) => ({ type, file, fields })));
  it.each(readers)('$type: $fields in $file', ({ file, fields }) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(file).not.toMatch(/\.spec\.ts$|\/gen\/|\/testing\/|\/type-table\//);
    expect(fields.split(' ').filter((field) => !names(field, file))).toEqual([]);
  });

  const waiting = listed.flatMap(([type, { waits }]) => Object.entries(waits ?? {}).map(([field, wait]) => ({ type, field, ...wait })));
  it.each(waiting)('$type.$field keeps a pod from running: $says', ({ field, by, says }) => {
    expect(names(field, by)).toBe(true);
    expect(text(by)).toContain(says);
  });
});

describe('fields that nothing acts on', () => {
  let server: TestServer;
  let count = 0;
  const namespace = '/api/v1/namespaces/default';
  beforeAll(async () => {
    server = await startTestServer();
    await server.call('POST', `${namespace}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
    const spec = { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', emptyDir: {} }] };
    await server.call('POST', `${namespace}/pods`, { body: { metadata: { name: 'running' }, spec } });
  });
  afterAll(() => server.close());

  const containers = [{ name: 'c', image: 'i' }];
  const workload = {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers } },
  };
  const least = {
    Pod: { path: `${namespace}/pods`, spec: { containers } },
    Service: { path: `${namespace}/services`, spec: {} },
    StatefulSet: { path: '/apis/apps/v1/namespaces/default/statefulsets', spec: workload },
    PersistentVolume: {
      path: '/api/v1/persistentvolumes',
      spec: { capacity: { storage: '1' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
    },
    PersistentVolumeClaim: { path: `${namespace}/persistentvolumeclaims`, spec: { accessModes: ['ReadWriteOnce'] } },
    IngressClass: { path: '/apis/networking.k8s.io/v1/ingressclasses', spec: {} },
    CSIDriver: { path: '/apis/storage.k8s.io/v1/csidrivers', spec: {} },
  };

  async function post({ kind = 'Pod', spec }: Example) {
    if (kind === 'EphemeralContainer') {
      return server.call('PATCH', `${namespace}/pods/running/ephemeralcontainers`, {
        body: { spec: { ephemeralContainers: [spec] } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    }
    const body = { metadata: { name: `f${count++}` }, spec: { ...least[kind].spec, ...spec } };
    return server.call('POST', least[kind].path, { body });
  }

  const examples = (of: 'warned' | 'refused') =>
    listed.flatMap(([type, state]) => Object.entries(state[of] ?? {}).map(([field, example]) => ({ type, field, example })));

  it.each(examples('warned'))('are warned of by name: $type.$field', async ({ field, example }) => {
    // A kind that is only stored is told as a whole.
    if (field !== 'spec') expect(example.says).toContain(field);
    const { status, headers, text: answer } = await post(example);
    expect([status, answer]).toEqual([201, expect.anything()]);
    expect([headers['warning'] ?? []].flat().join('\n').replaceAll('\\"', '"')).toContain(example.says);
  });

  it.each(examples('refused'))('are refused: $type.$field', async ({ example }) => {
    const { status, json } = await post(example);
    expect([403, 422]).toContain(status);
    expect((json as { message: string }).message).toContain(example.says);
  });
});
