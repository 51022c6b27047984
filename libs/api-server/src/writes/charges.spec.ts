import { systemClock } from '#base';
import { MemoryStore, type Store, StoreError, type Write, type WriteOutcome } from '#store';
import type { AdmissionPlugin } from '../contract.ts';
import { startTestServer, type TestServer } from '../testing.ts';

type Failure = Exclude<WriteOutcome, { ok: true }> | Error;

/** A store that answers writes of one resource with these failures first. */
class FailingStore extends MemoryStore {
  failures: Failure[] = [];
  tries = 0;

  constructor() {
    super({ clock: systemClock });
  }

  override async write(writes: readonly Write[]): ReturnType<Store['write']> {
    if (!writes.some(({ key }) => key.startsWith('/services/'))) return super.write(writes);
    this.tries++;
    const failure = this.failures.shift();
    if (failure instanceof Error) throw failure;
    return failure ? [failure] : super.write(writes);
  }
}

/** Counts what it was asked for, and holds it as long as the write is under way or there. */
class Meter implements AdmissionPlugin {
  readonly name = 'Meter';
  taken = 0;
  asked = 0;
  shown: unknown;
  handles: AdmissionPlugin['handles'] = (verb, { resource }) => verb !== 'connect' && resource === 'services';
  charge: NonNullable<AdmissionPlugin['charge']> = async ({ object, dryRun }, _io, held) => {
    this.asked++;
    this.shown = object;
    if (held) return held;
    if (dryRun) return undefined;
    this.taken++;
    return { giveBack: async () => void this.taken-- };
  };
}

let server: TestServer;
let store: FailingStore;
let meter: Meter;
beforeEach(async () => {
  store = new FailingStore();
  meter = new Meter();
  server = await startTestServer({ store, admission: [meter], empty: true });
});
afterEach(() => server.close());

const services = '/api/v1/namespaces/default/services';
const service = (metadata: object) => ({ metadata, spec: { ports: [{ port: 80 }] } });
const create = (metadata: object = { name: 's' }, query = '') => server.call('POST', services + query, { body: service(metadata) });
const change = (body: object = { metadata: { labels: { a: 'b' } } }) =>
  server.call('PATCH', `${services}/s`, { body, headers: { 'content-type': 'application/merge-patch+json' } });
const claimed: Failure = { ok: false, reason: 'claimed', claim: 'x', holder: '/services/default/other' };

describe('a create is charged', () => {
  it('once, for the object with its addresses', async () => {
    expect((await create()).status).toBe(201);
    expect(meter).toMatchObject({ taken: 1, asked: 1, shown: { spec: { clusterIP: expect.any(String) } } });
  });

  it.each<[string, Failure[], object]>([
    ['a claim was lost', [claimed], { name: 's' }],
    ['claims were lost many times', [claimed, claimed, claimed], { name: 's' }],
    ['a generated name was taken', [{ ok: false, reason: 'exists', current: undefined }] as Failure[], { generateName: 's-' }],
  ])('once though %s', async (_why, failures, metadata) => {
    store.failures = [...failures];
    expect((await create(metadata)).status).toBe(201);
    expect(store.tries).toBe(failures.length + 1);
    expect(meter).toMatchObject({ taken: 1, asked: failures.length + 1 });
  });

  it('nothing for a dry run', async () => {
    expect((await create({ name: 's' }, '?dryRun=All')).status).toBe(201);
    expect(meter).toMatchObject({ taken: 0, asked: 1 });
  });

  it('nothing when it is not valid', async () => {
    expect((await create({ name: 'NO' })).status).toBe(422);
    expect(meter).toMatchObject({ taken: 0, asked: 0 });
  });
});

describe('a charge is given back when', () => {
  it('the name is taken', async () => {
    await create();
    expect((await create()).status).toBe(409);
    expect(meter).toMatchObject({ taken: 1, asked: 2 });
  });

  it('no claim was to be had', async () => {
    store.failures = Array.from({ length: 16 }, () => claimed);
    expect((await create()).status).toBe(422);
    expect(meter.taken).toBe(0);
  });
});

it('a charge is kept when it is not known whether the write happened', async () => {
  store.failures = [new StoreError('unavailable', 'gone')];
  expect((await create()).status).toBe(503);
  expect(meter.taken).toBe(1);
});

describe('an update is charged', () => {
  beforeEach(async () => {
    await create();
    Object.assign(meter, { taken: 0, asked: 0 });
  });

  it('once though another writer came before it', async () => {
    const current = await store.get('/services/default/s');
    store.failures = [{ ok: false, reason: 'conflict', current }];
    expect((await change()).status).toBe(200);
    expect(meter).toMatchObject({ taken: 1, asked: 2 });
  });

  it('nothing when it changes nothing', async () => {
    expect((await change({})).status).toBe(200);
    expect(meter).toMatchObject({ taken: 0, asked: 0 });
  });

  it('nothing when the version it names is gone', async () => {
    const current = await store.get('/services/default/s');
    store.failures = [{ ok: false, reason: 'conflict', current }];
    const { json } = await server.call('GET', `${services}/s`);
    const body = { ...(json as object), metadata: { ...(json as { metadata: object }).metadata, labels: { a: 'b' } } };
    expect((await server.call('PUT', `${services}/s`, { body })).status).toBe(409);
    expect(meter).toMatchObject({ taken: 0, asked: 1 });
  });
});
