import { ApiError, type KubeObject } from '#api';
import type { Ingress, IngressClass, Node, Secret, Service } from '#api/types';
import type { Api } from '#client/contract';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import {
  type IngressClaims,
  ingressClaims,
  ingressClassName,
  ingressOptions,
  internalIpsOf,
  isNodeReady,
  isServedIngress,
  resolveBackend,
  resources,
  usesSecret,
} from '#objects';
import { checkedTlsPair, tlsPairOf } from '#pki';
import { statusItem, write } from '../status.ts';
import { type Action, type Problem, problemsOf, reconcile, type Seen, textOf } from './reconcile.ts';

const fieldSelector = 'type=kubernetes.io/tls';
const ingressesIn = (caches: Caches, namespace?: string): readonly Ingress[] =>
  caches.informer<Ingress>({ resource: resources.ingresses }).list(namespace);
const keyOf = ({ metadata: { namespace = '', name = '' } }: KubeObject): ObjectKey => ({ namespace, name });
const classIn = (caches: Caches) => (name: string) => caches.informer<IngressClass>({ resource: resources.ingressClasses }).get('', name);

/** What users see of Ingresses that the cluster serves itself: where, and why not. The nodes serve them (`libs/network/src/ingress/`). */
export function ingressController(): Controller<Seen, Action> {
  const claims = new SharedClaims();
  /** By uid. Said anew by a process that is started anew. */
  const told = new Map<string, Set<string>>();
  return {
    name: 'ingress-controller',
    queueName: 'ingress',
    primary: resources.ingresses,
    watches: [
      // Those that share a host with it may win or lose by its change.
      { resource: resources.ingresses, enqueue: (ingress, caches) => sharing(ingress as Ingress, ingressesIn(caches)).map(keyOf) },
      {
        resource: resources.ingressClasses,
        enqueue: ({ metadata }, caches) =>
          ingressesIn(caches)
            .filter((each) => ingressClassName(each) === metadata.name)
            .map(keyOf),
      },
      {
        resource: resources.services,
        enqueue: ({ metadata }, caches) =>
          ingressesIn(caches, metadata.namespace)
            .filter((each) => leadsTo(each, metadata.name))
            .map(keyOf),
      },
      {
        resource: resources.secrets,
        fieldSelector,
        enqueue: ({ metadata }, caches) =>
          ingressesIn(caches, metadata.namespace)
            .filter((each) => usesSecret(each, metadata.name ?? ''))
            .map(keyOf),
      },
      {
        resource: resources.nodes,
        wakes: ({ object, previous }) => addressesOf([object as Node]).join() !== addressesOf(previous ? [previous as Node] : []).join(),
        enqueue: (_node, caches) => ingressesIn(caches).map(keyOf),
      },
    ],
    async observe({ namespace, name }, caches, api) {
      const ingress = caches.informer<Ingress>({ resource: resources.ingresses }).get(namespace, name);
      if (!ingress) return undefined;
      const by = servedBy(ingress, caches);
      const lost =
        by === 'served'
          ? claims.of(caches).lost.filter((claim) => keyOf(claim.ingress).name === name && claim.ingress.metadata.namespace === namespace)
          : [];
      const problems = by === 'served' ? await problemsIn(ingress, caches, api) : [];
      const { uid = '' } = ingress.metadata;
      const now = new Set(problemsOf({ by, lost, problems }).map(textOf));
      told.set(uid, new Set([...(told.get(uid) ?? [])].filter((text) => now.has(text))));
      const addresses = addressesOf(caches.informer<Node>({ resource: resources.nodes }).list());
      return { ingress, by, lost, problems, addresses, told: told.get(uid)! };
    },
    reconcile,
    act: {
      async say({ ingress, type, reason, message }, io) {
        io.events.event(ingress, { type, reason, message });
        told.get(ingress.metadata.uid ?? '')?.add(textOf({ reason, message }));
      },
      updateStatus: ({ ingress, status }, io) => write(io.api, statusItem(resources.ingresses, ingress, status)),
    },
  };
}

/** Who has what among all Ingresses, worked out once for each state of them. */
class SharedClaims {
  private version = '';
  private claims: IngressClaims = { routes: [], certificates: [], lost: [] };

  of(caches: Caches): IngressClaims {
    const versions = [resources.ingresses, resources.ingressClasses]
      .map((resource) => caches.informer({ resource }).resourceVersion)
      .join();
    if (versions !== this.version) {
      this.claims = ingressClaims(ingressesIn(caches).filter((each) => isServedIngress(each, classIn(caches))));
      this.version = versions;
    }
    return this.claims;
  }
}

function servedBy(ingress: Ingress, caches: Caches): Seen['by'] {
  if (isServedIngress(ingress, classIn(caches))) return 'served';
  const name = ingressClassName(ingress);
  return name !== undefined && classIn(caches)(name) ? 'foreign' : 'nobody';
}

function sharing(ingress: Ingress, all: readonly Ingress[]): Ingress[] {
  const hostsOf = ({ spec }: Ingress): string[] => [
    ...(spec?.defaultBackend ? ['*'] : []),
    ...(spec?.rules ?? []).map(({ host }) => host || '*'),
    ...(spec?.tls ?? []).flatMap(({ hosts }) => hosts ?? []),
  ];
  const hosts = new Set(hostsOf(ingress));
  return all.filter((each) => hostsOf(each).some((host) => hosts.has(host)));
}

function backendsOf({ spec }: Ingress) {
  const ruled = (spec?.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path, backend }) => ({ at: `${host ?? '*'}${path ?? ''}`, backend })),
  );
  return [...(spec?.defaultBackend ? [{ at: 'the default backend', backend: spec.defaultBackend }] : []), ...ruled];
}

const leadsTo = (ingress: Ingress, service: string | undefined): boolean =>
  backendsOf(ingress).some(({ backend }) => backend.service?.name === service);

async function problemsIn(ingress: Ingress, caches: Caches, api: Api): Promise<Problem[]> {
  const { namespace = '' } = ingress.metadata;
  const serviceNamed = (name: string) => caches.informer<Service>({ resource: resources.services }).get(namespace, name);
  const backends = backendsOf(ingress).flatMap(({ at, backend }) => {
    const found = resolveBackend(backend, ingress, serviceNamed);
    return 'problem' in found ? [{ reason: found.problem.reason, message: `${at}: ${found.problem.message}` }] : [];
  });
  const secrets = [...new Set((ingress.spec?.tls ?? []).flatMap(({ secretName }) => secretName || []))];
  const certificates = await Promise.all(secrets.map((name) => certificateProblem(namespace, name, caches, api)));
  const annotations = ingressOptions(ingress).wrong.map((message) => ({ reason: 'InvalidAnnotation', message }));
  return [...backends, ...certificates.flat(), ...annotations];
}

async function certificateProblem(namespace: string, name: string, caches: Caches, api: Api): Promise<Problem[]> {
  // Secrets of other types may hold certificates as well; nothing tells when those change.
  const secret =
    caches.informer<Secret>({ resource: resources.secrets, fieldSelector }).get(namespace, name) ?? (await read(api, namespace, name));
  const wrong = (why: string): Problem[] => [
    { reason: 'InvalidCertificate', message: `secret "${namespace}/${name}" ${why}; clients get the default certificate` },
  ];
  if (!secret) return wrong('does not exist');
  try {
    checkedTlsPair(tlsPairOf(secret));
    return [];
  } catch (err) {
    return wrong(`has no certificate that can be served: ${(err as Error).message}`);
  }
}

async function read(api: Api, namespace: string, name: string): Promise<Secret | undefined> {
  try {
    return await api.get<Secret>({ resource: resources.secrets, namespace, name });
  } catch (err) {
    if (err instanceof ApiError && err.code === 404) return undefined;
    throw err;
  }
}

/** Each node that is ready serves; in the order of their names. */
function addressesOf(nodes: readonly Node[]): string[] {
  return nodes
    .filter(isNodeReady)
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
    .flatMap(internalIpsOf);
}
