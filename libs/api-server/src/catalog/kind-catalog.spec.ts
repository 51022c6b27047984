import { builtinTypes, type FieldSchema, protobufMediaType, type StructSchema } from '#api';
import { kinds } from '#kinds';
import type { AddedKind, AdmissionPlugin } from '../contract.ts';
import { admin, startTestServer, type TestAnswer, type TestServer, widget } from '../testing.ts';
import { createKindCatalog } from './kind-catalog.ts';

const url = '/apis/example.com/v1/namespaces/default/widgets';
const name = { group: 'example.com', resource: 'widgets' };

/** The same kind with another field in its spec. */
function widgetWith(fields: Record<string, FieldSchema>): AddedKind {
  const [types] = widget.types;
  const extended = (struct: StructSchema): StructSchema =>
    struct.name.endsWith('Spec') ? { ...struct, fields: new Map([...struct.fields, ...Object.entries(fields)]) } : struct;
  return { ...widget, types: [{ ...types!, nested: types!.nested!.map(extended) }] };
}

describe('the catalogue', () => {
  const catalog = (): ReturnType<typeof createKindCatalog> => createKindCatalog({ kinds, types: builtinTypes });

  it('tells what was added and removed, after it can be found', () => {
    const all = catalog();
    const told: string[] = [];
    const stop = all.onChange(({ added, removed }) => {
      const text = (sign: string, of: typeof added): string[] => of.map(({ gvk }) => `${sign}${gvk.kind}`);
      told.push([...text('+', added), ...text('-', removed), all.hasGroup('example.com')].join(' '));
    });
    all.put(widget);
    all.put(widget);
    expect(all.remove(name)).toBe(true);
    expect(all.remove(name)).toBe(false);
    stop();
    all.put(widget);
    expect(told).toEqual(['+Widget true', '+Widget -Widget true', '-Widget false']);
  });

  it('says once of each kind that it is gone, also to who asks too late', () => {
    const all = catalog();
    all.put(widget);
    const [first] = all.inVersion('example.com', 'v1');
    const told: string[] = [];
    all.whenGone(first!, () => told.push('first'));
    all.whenGone(first!, () => told.push('left'))();
    all.put(widget);
    const [second] = all.inVersion('example.com', 'v1');
    all.whenGone(second!, () => told.push('second'));
    all.remove(name);
    all.whenGone(first!, () => told.push('late'));
    expect(told).toEqual(['first', 'second', 'late']);
  });

  it('keeps what is built in, and names that are taken', () => {
    const all = catalog();
    const pods = kinds.find(({ gvk }) => gvk.kind === 'Pod')!;
    expect(() => all.put({ definition: pods, types: [] })).toThrow('/pods is built in');
    expect(() => all.remove({ group: '', resource: 'pods' })).toThrow('/pods is built in');
    all.put(widget);
    const other = { ...widget, definition: { ...widget.definition, names: { plural: 'wodgets', singular: 'wodget' } } };
    expect(() => all.put(other)).toThrow('example.com/v1/Widget is the name of example.com/widgets');
    const gvk = { group: 'example.com', version: 'v1', kind: 'Gadget' };
    const gadget = { ...widget.definition, gvk, names: { plural: 'gadgets', singular: 'gadget' } };
    const root = (name: string): StructSchema => ({ ...widget.types[0]!.root, name });
    for (const name of ['com.example.v1.WidgetSpec', 'io.k8s.api.core.v1.PodSpec']) {
      const clashing = { definition: gadget, types: [{ gvk, root: root('com.example.v1.Gadget'), nested: [root(name)] }] };
      expect(() => all.put(clashing)).toThrow(`${name} is the type of another`);
    }
    expect([all.ofGvk(gvk), all.types.kind(gvk)]).toEqual([undefined, undefined]);
  });
});

describe('a kind that is added while the server runs', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
    // What is asked before the kind is there must not be what is answered afterwards.
    for (const path of ['/apis', '/openapi/v2', '/openapi/v3', '/apis/example.com/v1']) await server.call('GET', path);
    server.catalog.put(widget);
  });
  afterEach(() => server.close());

  const create = (body: object, headers = {}): Promise<TestAnswer> =>
    server.call('POST', url, { body: { apiVersion: 'example.com/v1', kind: 'Widget', ...body }, headers });
  const patch = (type: string, path: string, body: unknown): Promise<TestAnswer> =>
    server.call('PATCH', url + path, { body: JSON.stringify(body), headers: { 'content-type': `application/${type}` } });

  /** Begins a watch; answers, once it has begun, what it will have shown when it ends. */
  async function watching(): Promise<{ ended: Promise<string[]> }> {
    const request = { user: admin, resource: { ...name, version: 'v1' }, namespace: '' };
    const batches = server.resources.watch(request, new AbortController().signal)[Symbol.asyncIterator]();
    await batches.next();
    const rest = async (): Promise<string[]> => {
      const seen: string[] = [];
      for (let next = await batches.next(); !next.done; next = await batches.next()) {
        for (const event of next.value) if (event.type !== 'BOOKMARK') seen.push(`${event.type} ${event.served.object.metadata.name}`);
      }
      return seen;
    };
    return { ended: rest() };
  }

  it('is discovered, with its group', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const aggregated = await server.call('GET', '/apis', { headers: { accept } });
    expect((await server.call('GET', '/apis')).json).toMatchObject({
      groups: expect.arrayContaining([
        expect.objectContaining({ name: 'example.com', preferredVersion: { groupVersion: 'example.com/v1', version: 'v1' } }),
      ]) as unknown,
    });
    expect((await server.call('GET', '/apis/example.com/v1')).json).toMatchObject({
      resources: [{ name: 'widgets', singularName: 'widget', namespaced: true, kind: 'Widget', shortNames: ['wd'] }],
    });
    expect(aggregated.json).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ metadata: { name: 'example.com', creationTimestamp: null } })]) as unknown,
    });
  });

  it('is described in OpenAPI, its lists and options too', async () => {
    const index = (await server.call('GET', '/openapi/v3')).json as { paths: Record<string, unknown> };
    expect(Object.keys(index.paths)).toContain('apis/example.com/v1');
    const v3 = (await server.call('GET', '/openapi/v3/apis/example.com/v1')).json;
    expect(v3).toMatchObject({
      paths: { '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}': {} },
      components: {
        schemas: {
          'com.example.v1.WidgetSpec': { properties: { size: { type: 'integer' }, color: { default: 'blue' } } },
          'com.example.v1.WidgetList': { properties: { items: { items: {} } } },
          'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions': {},
        },
      },
    });
    expect((await server.call('GET', '/openapi/v2')).json).toMatchObject({ definitions: { 'com.example.v1.Widget': {} } });
  });

  it('is decoded, pruned and filled with defaults', async () => {
    const created = await create({ metadata: { name: 'a' }, spec: { size: 1, weight: 2 } });
    expect(created).toMatchObject({ status: 201, json: { spec: { size: 1, color: 'blue' }, metadata: { namespace: 'default' } } });
    expect(created.headers.warning).toEqual(['299 - "unknown field \\"spec.weight\\""']);
    expect((created.json as { spec: object }).spec).not.toHaveProperty('weight');
    expect((await create({ metadata: { name: 'b' }, spec: { size: 'x' } })).status).toBe(400);
  });

  it('is patched by merge and by apply, whose owners follow the schema', async () => {
    await create({ metadata: { name: 'a' }, spec: { size: 1 } });
    expect((await patch('merge-patch+json', '/a', { spec: { size: 2 } })).json).toMatchObject({ spec: { size: 2, color: 'blue' } });
    expect((await patch('json-patch+json', '/a', [{ op: 'replace', path: '/spec/size', value: 3 }])).json).toMatchObject({
      spec: { size: 3 },
    });
    expect(await patch('strategic-merge-patch+json', '/a', { spec: { size: 4 } })).toMatchObject({
      status: 415,
      json: {
        message:
          'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
      },
    });
    const parts = (...names: string[]): object => ({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      spec: { parts: names.map((each) => ({ name: each })) },
    });
    await patch('apply-patch+yaml', '/b?fieldManager=one', parts('x', 'y'));
    await patch('apply-patch+yaml', '/b?fieldManager=two', parts('z'));
    const applied = await patch('apply-patch+yaml', '/b?fieldManager=one', parts('x'));
    expect(applied.json).toMatchObject({ spec: { parts: [{ name: 'x' }, { name: 'z' }] } });
  });

  it('is listed, as a table too, and has no protobuf form', async () => {
    await create({ metadata: { name: 'a' }, spec: { size: 1 } });
    expect((await server.call('GET', url)).json).toMatchObject({
      kind: 'WidgetList',
      apiVersion: 'example.com/v1',
      items: [{ metadata: { name: 'a' } }],
    });
    const table = await server.call('GET', url, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
    expect(table.json).toMatchObject({ columnDefinitions: [{ name: 'Name' }, { name: 'Size' }], rows: [{ cells: ['a', 1] }] });
    const why = 'object Widget does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message';
    const protobuf = { accept: protobufMediaType };
    expect(await server.call('GET', `${url}/a`, { headers: protobuf })).toMatchObject({
      status: 406,
    });
    const sent = await server.call('POST', url, { body: Buffer.from('k8s\0'), headers: { 'content-type': protobufMediaType } });
    expect(sent).toMatchObject({ status: 400, json: { message: expect.stringContaining(why) as unknown } });
  });

  it('is deleted with options in its own version', async () => {
    await create({ metadata: { name: 'a' } });
    const body = { apiVersion: 'example.com/v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
    expect(await server.call('DELETE', `${url}/a`, { body })).toMatchObject({ status: 200, json: { details: { kind: 'widgets' } } });
    expect((await server.call('GET', `${url}/a`)).status).toBe(404);
  });

  it('changes its schema for whatever comes next, and ends the watches of the old one', async () => {
    await create({ metadata: { name: 'a' }, spec: { size: 1, weight: 2 } });
    const { ended } = await watching();
    server.catalog.put(widgetWith({ weight: { value: { type: 'int64' } } }));
    expect(await ended).toEqual(['ADDED a']);
    const created = await create({ metadata: { name: 'b' }, spec: { size: 1, weight: 2 } });
    expect(created.json).toMatchObject({ spec: { weight: 2 } });
    expect((await server.call('GET', '/openapi/v3/apis/example.com/v1')).text).toContain('"weight"');
  });

  it('is gone when it is removed: 404, no discovery, watches end', async () => {
    await create({ metadata: { name: 'a' } });
    const { ended } = await watching();
    server.catalog.remove(name);
    expect(await ended).toEqual(['ADDED a']);
    expect(await server.call('GET', `${url}/a`)).toMatchObject({ status: 404, text: '404 page not found\n' });
    expect((await server.call('GET', '/apis/example.com/v1')).status).toBe(404);
    expect((await server.call('GET', '/apis')).text).not.toContain('example.com');
    expect((await server.call('GET', '/openapi/v3')).text).not.toContain('example.com');
    expect((await server.call('GET', '/openapi/v2')).text).not.toContain('com.example');
    expect((await server.call('GET', '/metrics')).text).not.toContain('widgets.example.com');
    await expect(server.resources.list({ user: admin, resource: { ...name, version: 'v1' }, namespace: '' })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('stores nothing that was under way when it was removed', async () => {
    const removing: AdmissionPlugin = {
      name: 'Removing',
      handles: (_verb, { resource }) => resource === 'widgets',
      validate: () => void catalog.remove(name),
    };
    const other = await startTestServer({ admission: [removing] });
    const { catalog } = other;
    catalog.put(widget);
    expect(await other.call('POST', url, { body: { metadata: { name: 'late' } } })).toMatchObject({ status: 404 });
    catalog.put(widget);
    expect((await other.call('GET', url)).json).toMatchObject({ items: [] });
    await other.close();
  });

  it('is told to who follows it from before it was there', async () => {
    const told: string[] = [];
    server.catalog.remove(name);
    const { gvk } = widget.definition;
    server.server.view.onChange(gvk, (object, deleted) => told.push(`${object.metadata.name} ${deleted}`));
    server.catalog.put(widget);
    await create({ metadata: { name: 'a' } });
    await server.server.cache.sync();
    expect(told).toEqual(['a false']);
  });
});
