import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { service } from './kind.ts';

const port = { port: 80 };

describe('a service', () => {
  const cases: { name: string; spec: Json; want: string[] }[] = [
    { name: 'needs a port', spec: {}, want: ['spec.ports: Required value'] },
    { name: 'without addresses needs none', spec: { clusterIP: 'None' }, want: [] },
    {
      name: 'names its ports where there are two',
      spec: { ports: [port, { port: 81, name: 'b' }] },
      want: ['spec.ports[0].name: Required value'],
    },
    {
      name: 'has each port once',
      spec: {
        ports: [
          { port: 80, name: 'a' },
          { port: 80, name: 'b' },
        ],
      },
      want: ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
    },
    {
      name: 'has no node port unless it is reached by one',
      spec: { ports: [{ port: 80, nodePort: 30000 }] },
      want: ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    },
    { name: 'of another name has one', spec: { type: 'ExternalName' }, want: ['spec.externalName: Required value'] },
    {
      name: 'with a node port has an address',
      spec: { type: 'NodePort', clusterIP: 'None', ports: [port] },
      want: ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    },
    {
      name: 'has addresses that are some',
      spec: { clusterIP: 'nope', ports: [port] },
      want: ['spec.clusterIPs[0]: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    },
    {
      name: 'has a known type',
      spec: { type: 'X', ports: [port] },
      want: ['spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    },
    {
      name: 'is not at a special address outside',
      spec: { ports: [port], externalIPs: ['127.0.0.1'] },
      want: ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    },
  ];
  it.each(cases)('$name', ({ spec, want }) => expect(complaintsAbout(service, { spec })).toEqual(want));

  it('sends to its own port and stays inside where it says nothing', () => {
    expect(created(service, { spec: { ports: [port], sessionAffinity: 'ClientIP' } }).spec).toMatchObject({
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    });
  });
});

describe('an update of a service', () => {
  const stored = created(service, { spec: { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30080 }] } });
  const change = (spec: Json) => updated(service, stored, { metadata: stored.metadata, spec });

  it('keeps the address and the node port that it does not name', () => {
    expect(change({ type: 'NodePort', ports: [port] }).object.spec).toMatchObject({
      clusterIP: '10.96.0.9',
      clusterIPs: ['10.96.0.9'],
      ports: [{ nodePort: 30080 }],
    });
  });

  it('does not change the address', () => {
    expect(change({ type: 'NodePort', clusterIP: '10.96.0.8', ports: [port] }).complaints).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
    ]);
  });

  it('gives up what the new type has no use for', () => {
    const { object, complaints } = change({ ...stored.spec, type: 'ClusterIP' });
    expect(complaints).toEqual([]);
    expect(object.spec?.ports).toEqual([{ port: 80, targetPort: 80, protocol: 'TCP' }]);
    expect(object.spec).not.toHaveProperty('externalTrafficPolicy');
    expect(change({ type: 'ExternalName', externalName: 'a.b' }).object.spec?.clusterIP).toBeUndefined();
  });
});

describe('kubectl get services', () => {
  it.each<[Json, Json]>([
    [
      { spec: { ports: [port], clusterIP: '10.96.0.9', selector: { a: 'b' } } },
      { 'Cluster-IP': '10.96.0.9', 'External-IP': '<none>', 'Port(s)': '80/TCP', Selector: 'a=b' },
    ],
    [{ spec: { type: 'ExternalName', externalName: 'a.b' } }, { 'Cluster-IP': '<none>', 'External-IP': 'a.b', 'Port(s)': '<none>' }],
    [{ spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] } }, { 'External-IP': '<pending>', 'Port(s)': '80:30080/TCP' }],
  ])('of %j', (body, want) => expect(cells(service, created(service, body))).toMatchObject(want));
});
