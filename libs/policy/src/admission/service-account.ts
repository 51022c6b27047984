import type { KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { Container, Pod, ServiceAccount, Volume } from '#api/types';
import { type Clock, nameSuffix, type Random } from '#base';
import { gvks, isMirrorPod, secretNames } from '#objects';
import { injectedTokenSeconds } from '../authentication/service-account-tokens.ts';
import { isPod, refuse } from './refuse.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
/** A new namespace gets its default account a moment later. */
const tries = 10;
const betweenTriesMs = 100;

/** Gives every pod an identity and, unless told not to, the files to prove it ("Managing Service Accounts"). */
export function serviceAccount({ clock, random }: { clock: Clock; random: Random }): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    handles: (verb, resource, subresource) => verb === 'create' && isPod(resource) && subresource === '',
    async mutate(request, io) {
      const pod = request.object as Pod;
      if (isMirrorPod(pod)) {
        checkMirrorPod(request, pod);
        return pod;
      }
      const accountName = pod.spec.serviceAccountName || 'default';
      const account = await find(request, accountName, io, clock);
      const named: Pod = { ...pod, spec: { ...pod.spec, serviceAccountName: accountName, serviceAccount: accountName } };
      const mounted = automounts(pod, account) ? withToken(named, random) : named;
      return withPullSecrets(mounted, account);
    },
  };
}

async function find(request: AdmissionRequest, name: string, io: AdmissionIo, clock: Clock): Promise<ServiceAccount> {
  const { namespace } = request;
  let account = io.get<ServiceAccount>(gvks.ServiceAccount, namespace, name);
  for (let left = name === 'default' ? tries : 1; !account && left > 0; left--) {
    account = await io.fresh<ServiceAccount>(gvks.ServiceAccount, namespace, name);
    if (!account && left > 1) await clock.sleep(betweenTriesMs);
  }
  if (!account) throw refuse(request, `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`);
  return account;
}

/** A mirror pod speaks for what runs already: it gets nothing and may refer to nothing. */
function checkMirrorPod(request: AdmissionRequest, pod: Pod): void {
  if (pod.spec.serviceAccountName) throw refuse(request, 'a mirror pod may not reference service accounts');
  if (secretNames(pod).length > 0) throw refuse(request, 'a mirror pod may not reference secrets');
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.projected?.sources?.some((source) => source.serviceAccountToken)) {
      throw refuse(request, 'a mirror pod may not use ServiceAccountToken volume projections');
    }
  }
}

function automounts(pod: Pod, account: ServiceAccount): boolean {
  return pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function withToken(pod: Pod, random: Random): Pod {
  const volumes = pod.spec.volumes ?? [];
  const present = volumes.find((volume) => volume.name.startsWith(volumePrefix));
  const name = present?.name ?? `${volumePrefix}${nameSuffix(random)}`;
  const [init, containers] = [pod.spec.initContainers, pod.spec.containers].map((list) => list?.map((each) => withMount(each, name)));
  const used = [init, containers].some((list, index) =>
    list?.some((each, at) => each !== [pod.spec.initContainers, pod.spec.containers][index]?.[at]),
  );
  if (!used) return pod;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(init && { initContainers: init }),
      containers: containers ?? [],
      volumes: present ? volumes : [...volumes, tokenVolume(name)],
    },
  };
}

function withMount(container: Container, name: string): Container {
  const mounts = container.volumeMounts ?? [];
  if (mounts.some((mount) => mount.mountPath === mountPath)) return container;
  return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath }] };
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: injectedTokenSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
}

function withPullSecrets(pod: Pod, account: ServiceAccount): KubeObject {
  const secrets = account.imagePullSecrets ?? [];
  if (pod.spec.imagePullSecrets?.length || secrets.length === 0) return pod;
  return { ...pod, spec: { ...pod.spec, imagePullSecrets: secrets } } as Pod;
}
