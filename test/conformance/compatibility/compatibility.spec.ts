import { builtinTypes } from '#api';
import { startTestServer, type TestServer } from '#api-server/testing';
import { provedRows } from '../../architecture/proofs.ts';
import { volumeTypes } from '../../../libs/agent/src/volumes/types/index.ts';
import { fieldStates } from '../../../libs/kinds/src/fields/index.ts';
import { fieldsSection, withFields } from './fields-section.ts';
import { document, inState, isAbsent, named, pluralOf, root, rows } from './kind-rows.ts';
import { leastObjects } from './least-objects.ts';

interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}
interface Served extends Resource {
  groupVersion: string;
  path: string;
  subresources: string[];
}

let server: TestServer;
let served: Served[];
beforeAll(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
  served = await discovered();
});
afterAll(() => server.close());

async function discovered(): Promise<Served[]> {
  const { groups } = (await server.call('GET', '/apis')).json as { groups: { versions: { groupVersion: string }[] }[] };
  const versions = ['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))];
  const lists = await Promise.all(
    versions.map(async (groupVersion) => {
      const { resources } = (await server.call('GET', root(groupVersion))).json as { resources: Resource[] };
      return resources
        .filter(({ name }) => !name.includes('/'))
        .map((own) => ({
          ...own,
          groupVersion,
          path: `${root(groupVersion)}${own.namespaced ? '/namespaces/default' : ''}/${own.name}`,
          subresources: resources.filter(({ name }) => name.startsWith(`${own.name}/`)).map(({ name }) => name.split('/')[1]!),
        }));
    }),
  );
  return lists.flat();
}

describe('the table of kinds', () => {
  it('has every kind once', () => {
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(named).toSorted()).toEqual([...new Set(rows.map(named))].toSorted());
    expect(rows.filter(({ state }) => !['served', 'partial', 'stored', 'absent'].includes(state))).toEqual([]);
  });

  it('has those that discovery lists, with their subresources', () => {
    const shown = rows.filter((row) => !isAbsent(row)).map((row) => [named(row), row.subresources.toSorted()]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(served.map((kind) => [named(kind), kind.subresources.toSorted()])));
  });

  it('says of each whether anything acts on it, as the answer to who creates one does', async () => {
    const created = served.filter(({ verbs }) => verbs.includes('create'));
    const states = await Promise.all(
      created.map(async (kind) => {
        const body = leastObjects[named(kind)] ?? leastObjects[kind.kind] ?? { metadata: { name: 'least' } };
        const { status, headers, text } = await server.call('POST', kind.path, { body });
        // A Binding needs a pod that is not bound; what it answers is no warning either.
        expect([kind.kind, status, text]).toEqual([kind.kind, kind.kind === 'Binding' ? 404 : 201, expect.anything()]);
        const isStored = [headers['warning'] ?? []].flat().some((warning) => warning.includes('Berth stores this object'));
        return [named(kind), isStored ? 'stored' : 'acted on'];
      }),
    );
    const names = new Set(created.map(named));
    const said = rows.filter((row) => names.has(named(row))).map((row) => [named(row), row.state === 'stored' ? 'stored' : 'acted on']);
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(states));
  });

  it('names every stable kind of Kubernetes that is not served', () => {
    // Bodies of subresources and of webhooks are no resources.
    const bodies = new Set(
      'NodeProxyOptions PodAttachOptions PodExecOptions PodLogOptions PodPortForwardOptions PodProxyOptions PodStatusResult RangeAllocation SerializedReference ServiceProxyOptions Scale TokenRequest Eviction AdmissionReview'.split(
        ' ',
      ),
    );
    const known = new Set(served.map(named));
    const missing = builtinTypes
      .kinds()
      .filter(({ kind }) => !bodies.has(kind) && !kind.endsWith('List'))
      .map(({ group, version, kind }) => ({ groupVersion: group ? `${group}/${version}` : version, kind }))
      .map(named)
      .filter((kind) => !known.has(kind));
    // Kinds that are no rows of the type table are named as well.
    expect(inState('absent').map(named)).toEqual(expect.arrayContaining(missing));
    expect(missing.length).toBeGreaterThan(0);
  });

  it('names no kind as absent that is served: 404', async () => {
    const answers = await Promise.all(
      inState('absent').map(async (row) => [
        named(row),
        (await server.call('GET', `${root(row.groupVersion)}/${pluralOf(row.kind)}`)).status,
      ]),
    );
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(inState('absent').map((row) => [named(row), 404])));
  });

  it('asks for kinds under the names that they have', () => {
    expect(served.map(({ kind }) => pluralOf(kind))).toEqual(served.map(({ name }) => name));
  });
});

it('the table of fields is what the account of fields says (npm run gen:docs)', () => {
  expect(document).toBe(withFields(document, fieldsSection(fieldStates)));
  expect(provedRows(document).filter((row) => 'field' in row).length).toBeGreaterThan(0);
});

it('the account of fields says that nodes act on the types of volume that they serve', () => {
  const { done, waits = {} } = fieldStates['core.v1.Volume']!;
  const acted = Object.values(done).flatMap((fields) => fields.split(' '));
  const types = [...acted.filter((field) => field !== 'name'), ...Object.keys(waits)]; // a pod that waits now is run then
  expect(types.toSorted()).toEqual(volumeTypes.map(({ type }) => type).toSorted());
});
