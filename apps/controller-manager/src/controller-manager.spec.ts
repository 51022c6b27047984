import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { INestMicroservice } from '@nestjs/common';
import { type Authenticator, GrpcModule, GrpcServerStrategy } from '#api-server';
import { startTestServer, type TestServer, widget } from '#api-server/testing';
import type { KubeObject } from '#api';
import type { ConfigMap, Deployment, Endpoints, EndpointSlice, Namespace, Node, Pod, ReplicaSet, ResourceQuota, Secret } from '#api/types';
import { systemClock } from '#base';
import { bind, create, grpcApi, Informers, patch, remove, type Resource } from '#client';
import { resources } from '#objects';
import { createAuthority, createSigningKey, issueCertificate, type KeyPairPem } from '#pki';
import { defaultAutoscalerSettings } from '#controllers';
import { silentLogger } from '#telemetry';
import { ControllerManager } from './app.module.ts';

const host = '127.0.0.1';
const grpcPort = 14_000 + (process.pid % 2_000);
const opsPort = 16_000 + (process.pid % 2_000);

let ca: KeyPairPem;
let server: TestServer;
let grpc: INestMicroservice;
let manager: ControllerManager;
let admin: ReturnType<typeof grpcApi>;
let informers: Informers;
let stopKubelets: () => void;

/** The certificate alone says who calls: the test server's own authenticator takes everyone for an administrator. */
const authenticator: Authenticator = {
  authenticate: ({ certificate: peer }) =>
    Promise.resolve({ username: peer?.commonName ?? 'system:anonymous', groups: [...(peer?.organizations ?? []), 'system:authenticated'] }),
};

const certificate = (commonName: string, organizations: string[]) =>
  issueCertificate(ca, { commonName, organizations, ipAddresses: [host], usages: ['client', 'server'] }, systemClock.now());
const clientOf = async (commonName: string, organizations: string[]) => {
  const { certificate: cert, key } = await certificate(commonName, organizations);
  return grpcApi({ servers: [`${host}:${grpcPort}`], ca: ca.certificate, cert, key, logger: silentLogger });
};

/** Awaits a condition over the caches, looked at on every change. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = systemClock.monotonicMs() + 8_000;
  while (!holds()) {
    if (systemClock.monotonicMs() > deadline) throw new Error(`not within 8 s: ${what}`);
    await systemClock.sleep(5);
  }
}

const list = <T extends KubeObject>(resource: { group: string; version: string; resource: string }, namespace?: string) =>
  informers.informer<T>({ resource }).list(namespace);

beforeAll(async () => {
  ca = await createAuthority('test', systemClock.now());
  server = await startTestServer();
  const { server: core } = server;
  const own = await certificate('api', []);
  const dependencies = {
    service: core.resources,
    chain: core.chain,
    kinds: core.kinds,
    authenticator,
    authorizer: core.authorizer,
    nodes: core.nodes,
    clock: systemClock,
    logger: silentLogger,
    ready: () => true,
  };
  const strategy = new GrpcServerStrategy({
    hosts: [host],
    port: grpcPort,
    tls: { cert: own.certificate, key: own.key, ca: ca.certificate },
    clock: systemClock,
  });
  grpc = await NestFactory.createMicroservice(GrpcModule.forServer(dependencies), { strategy, logger: false });
  await grpc.listen();

  const identity = await certificate('system:kube-controller-manager', []);
  manager = new ControllerManager(
    {
      servers: [`${host}:${grpcPort}`],
      tls: { ca: ca.certificate, cert: identity.certificate, key: identity.key },
      bindAddresses: [host],
      port: opsPort,
      logLevel: 'silent',
      rootCa: ca.certificate,
      serviceAccountKey: createSigningKey(),
      clusterCidrs: [{ cidr: '10.244.0.0/16', nodeMaskSize: 24 }],
      electionIdentity: undefined,
      loadBalancerCidrs: [],
      nodeMonitorGraceMs: 40_000,
      autoscaler: defaultAutoscalerSettings,
    },
    silentLogger,
  );
  void manager.start();
  admin = await clientOf('kubernetes-admin', ['system:masters']);
  informers = new Informers({ api: admin, clock: systemClock, logger: silentLogger });
  stopKubelets = playKubelets();
  for (const resource of [resources.replicaSets, resources.deployments, resources.endpointSlices, resources.endpoints, resources.nodes]) {
    informers.informer({ resource });
  }
  informers.informer({ resource: resources.configMaps });
  informers.informer({ resource: resources.serviceAccounts });
  informers.informer({ resource: resources.namespaces });
  informers.informer({ resource: resources.secrets });
  informers.informer({ resource: resources.resourceQuotas });
  informers.start();
  await informers.synced();
});

afterAll(async () => {
  stopKubelets();
  await manager.beforeApplicationShutdown();
  await informers.stop();
  admin.close();
  await grpc.close();
  await server.close();
});

/** Binds pods, makes them ready, and takes away those that are going. */
function playKubelets(): () => void {
  let address = 0;
  const pods = informers.informer<Pod>({ resource: resources.pods });
  const played = new Set<string>();
  return pods.onChange(({ object, deleted }) => {
    const { namespace, name = '', uid = '', deletionTimestamp } = object.metadata;
    const phase = deleted ? 'gone' : deletionTimestamp ? 'going' : 'new';
    if (phase === 'gone' || played.has(`${uid} ${phase}`) || object.metadata.labels?.unplayed) return;
    played.add(`${uid} ${phase}`);
    const ref = { resource: resources.pods, namespace, name };
    if (phase === 'going') return void remove(admin, ref, { gracePeriodSeconds: 0 });
    const now = systemClock.now().toISOString().replace(/\.\d+/, '');
    const conditions = ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
    }));
    const podIP = `10.244.1.${++address}`;
    const running = { status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions } };
    void bind(admin, object, 'n1').then(() => patch(admin, ref, running, { subresource: 'status' }));
  });
}

const deployment = (replicas: number, image = 'v1'): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
  },
});

const condition = (type: string) =>
  informers
    .informer<Deployment>({ resource: resources.deployments })
    .get('default', 'web')
    ?.status?.conditions?.find((c) => c.type === type);
const status = () => informers.informer<Deployment>({ resource: resources.deployments }).get('default', 'web')?.status;
const webSlices = () => list<EndpointSlice>(resources.endpointSlices, 'default').filter((s) => s.metadata.generateName === 'web-');
const readyAddresses = () =>
  webSlices().flatMap((slice) => (slice.endpoints ?? []).filter((e) => e.conditions?.ready).flatMap((e) => e.addresses));

describe('the controller-manager on a real api-server over gRPC', () => {
  it('gives every namespace its account and the root CA', async () => {
    await create<Namespace>(admin, resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' }, spec: {} });
    const accounts = () => list(resources.serviceAccounts).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    await until('accounts', () => ['fresh/default', 'default/default', 'kube-system/default'].every((name) => accounts().includes(name)));
    const bundle = () => informers.informer<ConfigMap>({ resource: resources.configMaps }).get('fresh', 'kube-root-ca.crt');
    await until('root CA', () => bundle()?.data?.['ca.crt'] === ca.certificate);
  });

  it('fills a Secret for a token, and takes it away with its account', async () => {
    const secrets = informers.informer<Secret>({ resource: resources.secrets });
    const builder = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'builder', namespace: 'default' } };
    await create(admin, resources.serviceAccounts, builder);
    const annotations = { 'kubernetes.io/service-account.name': 'builder' };
    const type = 'kubernetes.io/service-account-token';
    await create<Secret>(admin, resources.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      type,
      metadata: { name: 'builder-token', namespace: 'default', annotations },
    });
    await until('token', () => Boolean(secrets.get('default', 'builder-token')?.data?.['token']));
    expect(Object.keys(secrets.get('default', 'builder-token')?.data ?? {}).toSorted()).toEqual(['ca.crt', 'namespace', 'token']);
    await remove(admin, { resource: resources.serviceAccounts, namespace: 'default', name: 'builder' });
    await until('no secret', () => secrets.get('default', 'builder-token') === undefined);
  });

  it('gives nodes a pod range each', async () => {
    for (const name of ['n1', 'n2']) {
      await create<Node>(admin, resources.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {} });
    }
    await until('ranges', () => list<Node>(resources.nodes).filter((node) => node.spec.podCIDR).length === 2);
    expect(
      list<Node>(resources.nodes)
        .map((node) => node.spec.podCIDRs?.[0] ?? '')
        .toSorted(),
    ).toEqual(['10.244.0.0/24', '10.244.1.0/24']);
  });

  it('rolls out a Deployment and routes its Service', async () => {
    await create(admin, resources.deployments, deployment(3));
    await create(admin, resources.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    } as KubeObject);
    await until('available', () => status()?.availableReplicas === 3 && condition('Progressing')?.reason === 'NewReplicaSetAvailable');
    await until('endpoints', () => readyAddresses().length === 3);
    const endpoints = () => informers.informer<Endpoints>({ resource: resources.endpoints }).get('default', 'web');
    await until('Endpoints', () => endpoints()?.subsets?.[0]?.addresses?.length === 3);
    expect(webSlices()).toMatchObject([{ addressType: 'IPv4', ports: [{ name: '', port: 8080, protocol: 'TCP' }] }]);
  });

  it('scales 3 → 30', async () => {
    await patch(admin, { resource: resources.deployments, namespace: 'default', name: 'web' }, { spec: { replicas: 30 } });
    await until('thirty', () => status()?.availableReplicas === 30 && readyAddresses().length === 30);
    expect(list<Pod>(resources.pods, 'default')).toHaveLength(30);
  });

  it('rolls to a second version and back', async () => {
    const template = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'c', image }] } } } });
    const web = { resource: resources.deployments, namespace: 'default', name: 'web' };
    const sets = (image: string) =>
      list<ReplicaSet>(resources.replicaSets, 'default').filter((set) => set.spec.template?.spec?.containers[0]?.image === image);
    await patch(admin, web, template('v2'));
    await until('v2', () => sets('v2')[0]?.status?.availableReplicas === 30 && sets('v1')[0]?.status?.replicas === 0);
    await patch(admin, web, template('v1'));
    await until('v1', () => sets('v1')[0]?.status?.availableReplicas === 30 && sets('v2')[0]?.status?.replicas === 0);
    const annotation = 'deployment.kubernetes.io/revision';
    const revision = () =>
      informers.informer({ resource: resources.deployments }).get('default', 'web')?.metadata.annotations?.[annotation];
    await until('revision', () => revision() === '3');
    await until('the routes', () => readyAddresses().length === 30);
  });

  it('takes what a deleted Deployment owns', async () => {
    await remove(admin, { resource: resources.deployments, namespace: 'default', name: 'web' }, { propagationPolicy: 'Foreground' });
    const owned = () => list(resources.replicaSets).length + list(resources.pods).length + list(resources.deployments).length;
    await until('nothing is left', () => owned() === 0);
    await until('no route is left', () => readyAddresses().length === 0);
  });

  it('empties a namespace and lets it go', async () => {
    const metadata = { name: 'x', namespace: 'fresh' };
    await create(admin, resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata } as KubeObject);
    await create(admin, resources.deployments, { ...deployment(2), metadata: { name: 'web', namespace: 'fresh' } });
    await until('pods', () => list(resources.pods, 'fresh').length === 2);
    await remove(admin, { resource: resources.namespaces, name: 'fresh' });
    await until('gone', () => !informers.informer({ resource: resources.namespaces }).get('', 'fresh'));
    expect(list(resources.pods, 'fresh')).toHaveLength(0);
  });
});

describe('a kind that comes while the controllers run', () => {
  const widgets = { group: 'example.com', version: 'v1', resource: 'widgets' };
  const quotas = () => informers.informer<ResourceQuota>({ resource: resources.resourceQuotas });
  const used = () => quotas().get('custom', 'q')?.status?.used?.['count/widgets.example.com'];
  const ownedBy = ({ apiVersion, kind, metadata: { name = '', uid = '' } }: KubeObject) => ({
    ownerReferences: [{ apiVersion, kind, name, uid }],
  });
  const make = (kind: 'ConfigMap' | 'Widget', name: string, metadata: object = {}): Promise<KubeObject> => {
    const [apiVersion, resource] = kind === 'Widget' ? ['example.com/v1', widgets] : ['v1', resources.configMaps];
    return create<KubeObject>(admin, resource, { apiVersion, kind, metadata: { name, namespace: 'custom', ...metadata } });
  };
  const names = (resource: Resource) => list(resource, 'custom').map(({ metadata }) => metadata.name);

  beforeAll(async () => {
    const quota = { metadata: { name: 'q', namespace: 'custom' }, spec: { hard: { 'count/widgets.example.com': '5' } } };
    await create<Namespace>(admin, resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'custom' }, spec: {} });
    await create<ResourceQuota>(admin, resources.resourceQuotas, { apiVersion: 'v1', kind: 'ResourceQuota', ...quota });
    await until('limits', () => quotas().get('custom', 'q')?.status?.hard !== undefined);
    server.catalog.put(widget);
    await informers.informer({ resource: widgets }).synced();
  });

  it('is collected as owner and as owned, and counted', async () => {
    const owner = await make('ConfigMap', 'owner');
    const middle = await make('Widget', 'middle', ownedBy(owner));
    await make('ConfigMap', 'last', ownedBy(middle));
    await until(
      'all of them, and the charge',
      () => names(widgets).length === 1 && names(resources.configMaps).includes('last') && used() === '1',
    );
    await remove(admin, { resource: resources.configMaps, namespace: 'custom', name: 'owner' });
    await until('none of them', () => names(widgets).length === 0 && !names(resources.configMaps).includes('last'));
    await until('the charge taken off', () => used() === '0');
  });

  it('goes with its namespace', async () => {
    await make('Widget', 'left');
    await until('the widget', () => names(widgets).includes('left'));
    await remove(admin, { resource: resources.namespaces, name: 'custom' });
    await until('the namespace gone', () => !informers.informer({ resource: resources.namespaces }).get('', 'custom'));
    expect(names(widgets)).toEqual([]);
  });

  it('is let go of when it is removed', async () => {
    server.catalog.remove(widgets);
    informers.forget(widgets);
    await expect(admin.list({ resource: widgets })).rejects.toMatchObject({ code: 404 });
    // Whoever is told of it again begins anew.
    server.catalog.put(widget);
    const owner = await create<ConfigMap>(admin, resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'again', namespace: 'default' },
    });
    await create<KubeObject>(admin, widgets, {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'again', namespace: 'default', ...ownedBy(owner) },
    });
    await until('the widget', () => list(widgets, 'default').length === 1);
    await remove(admin, { resource: resources.configMaps, namespace: 'default', name: 'again' });
    await until('collected', () => list(widgets, 'default').length === 0);
  });
});
