import { addQuantities, formatQuantity, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import type { Pod, ResourceQuota } from '#api/types';
import { lookUp, setKey } from '#base';
import { beyondQuota, moreThan, quotaChooses, quotaUsage, unsaidForQuota, type Usage } from '#objects';
import { isPod, refuse } from './refuse.ts';

const quotaKind = { group: '', version: 'v1', kind: 'ResourceQuota' } as const;

/**
 * Refuses what is beyond the quotas of its namespace, and charges them with the rest before it is stored. What was charged and not stored
 * after all, or goes away, the controller takes off again. `k8s.io/apiserver/pkg/admission/plugin/resourcequota`.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles(verb, { group, resource }, subresource) {
    if (resource === 'events') return false;
    if (verb === 'create') return subresource === '';
    // Of what is there already, only these can come to take more.
    if (verb !== 'update' || group !== '') return false;
    return (resource === 'services' && subresource === '') || (resource === 'pods' && subresource === 'resize');
  },
  async validate(request, io) {
    if (!request.namespace || !request.object) return;
    const quotas = io.list<ResourceQuota>(quotaKind, request.namespace);
    const charges = quotas.flatMap((quota) => {
      const added = chargeOf(quota, request, io);
      return added.size > 0 ? [{ quota, added }] : [];
    });
    for (const { quota, added } of charges) check(quota, added, request);
    if (request.dryRun) return;
    for (const { quota, added } of charges) {
      await io.modify<ResourceQuota>(quotaKind, request.namespace, quota.metadata.name ?? '', (present) => {
        check(present, added, request);
        return charged(present, added);
      });
    }
  },
};

/** What the request adds to what a quota counts. Throws ApiError 403 where it does not say what it takes, or that is not known. */
function chargeOf(quota: ResourceQuota, request: AdmissionRequest, io: AdmissionIo): Usage {
  const { resource, oldObject } = request;
  const object = request.object as KubeObject;
  const { hard = {}, used = {} } = quota.status ?? {};
  if (!quotaChooses(quota, resource, object)) return new Map();
  const name = quota.metadata.name ?? '';
  if (isPod(resource)) {
    const unsaid = unsaidForQuota(quota, object as Pod);
    if (unsaid.length > 0) throw refuse(request, `failed quota: ${name}: must specify ${unsaid.join('; ')}`);
  }
  const now = io.now();
  const usage = quotaUsage(resource, object, now);
  const counted = new Map(
    [...moreThan(oldObject ? quotaUsage(resource, oldObject, now) : new Map(), usage)].filter(([each]) => lookUp(hard, each)),
  );
  const unknown = [...counted.keys()].filter((each) => lookUp(used, each) === undefined).toSorted();
  if (unknown.length > 0) throw refuse(request, `status unknown for quota: ${name}, resources: ${unknown.join(',')}`);
  return counted;
}

function check(quota: ResourceQuota, added: Usage, request: AdmissionRequest): void {
  const beyond = beyondQuota(quota, added);
  if (beyond.length === 0) return;
  const { hard = {}, used = {} } = quota.status ?? {};
  const shown = (amount: (name: string) => string | undefined): string => beyond.map((name) => `${name}=${amount(name) ?? '0'}`).join(',');
  const requested = shown((name) => formatQuantity(added.get(name)!));
  throw refuse(
    request,
    `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${shown((name) => lookUp(used, name))}, limited: ${shown((name) => lookUp(hard, name))}`,
  );
}

function charged(quota: ResourceQuota, added: Usage): ResourceQuota {
  const used = { ...quota.status?.used };
  for (const [name, amount] of added) setKey(used, name, formatQuantity(addQuantities(lookUp(used, name) ?? '0', amount)));
  return { ...quota, status: { ...quota.status, used } };
}
