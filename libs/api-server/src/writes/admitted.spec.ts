import type { KubeObject } from '#api';
import type { Pod } from '#api/types';
import type { AdmissionPlugin } from '../contract.ts';
import { startTestServer, type TestServer } from '../testing.ts';

/** Puts a container into every pod, with nothing but what a plugin would write. */
const sidecar: AdmissionPlugin = {
  name: 'Sidecar',
  handles: (verb, { resource }, subresource) => verb !== 'connect' && resource === 'pods' && subresource === '',
  mutate({ object }) {
    const pod = object as Pod;
    const { containers } = pod.spec!;
    if (containers.some(({ name }) => name === 'sidecar')) return pod;
    const added = {
      name: 'sidecar',
      image: 'proxy:v1',
      ports: [{ containerPort: 80 }],
      env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    };
    return { ...pod, spec: { ...pod.spec, containers: [...containers, added] } } as KubeObject;
  },
};

let server: TestServer;
beforeAll(async () => (server = await startTestServer({ admission: [sidecar], empty: true })));
afterAll(() => server.close());

const pods = '/api/v1/namespaces/default/pods';
const pod = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'app' }] } });

describe('what a plugin puts in has its defaults', () => {
  it('those of its type, and those that its kind works out', async () => {
    const { status, json } = await server.call('POST', pods, { body: pod('a') });
    expect(status).toBe(201);
    expect((json as Pod).spec!.containers).toEqual([
      expect.objectContaining({ name: 'c', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }),
      {
        name: 'sidecar',
        image: 'proxy:v1',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
        imagePullPolicy: 'IfNotPresent',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        resources: {},
      },
    ]);
  });

  it('also in a dry run, and in what is created by an apply', async () => {
    const dry = await server.call('POST', `${pods}?dryRun=All`, { body: pod('b') });
    const applied = await server.call('PATCH', `${pods}/b?fieldManager=me`, {
      body: { apiVersion: 'v1', kind: 'Pod', ...pod('b') },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(applied.status).toBe(201);
    for (const { json } of [dry, applied]) {
      expect((json as Pod).spec!.containers[1]).toMatchObject({ imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' });
    }
  });
});

it('an object that no plugin changes is stored as it was decoded', async () => {
  const untouched = { ...pod('c'), spec: { containers: [...pod('c').spec.containers, { name: 'sidecar', image: 'x:v1' }] } };
  const { json } = await server.call('POST', pods, { body: untouched });
  expect((json as Pod).spec!.containers.map(({ image, imagePullPolicy }) => [image, imagePullPolicy])).toEqual([
    ['app', 'Always'],
    ['x:v1', 'IfNotPresent'],
  ]);
});
