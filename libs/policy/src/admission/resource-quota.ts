import {
  addQuantities,
  ApiError,
  compareQuantities,
  formatQuantity,
  type KubeObject,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest, Charge } from '#api-server/contract';
import type { Pod, ResourceQuota } from '#api/types';
import { lookUp, setKey } from '#base';
import { beyondQuota, gvks, moreThan, quotaChooses, quotaUsage, unsaidForQuota, type Usage } from '#objects';
import { isPod, refuse } from './refuse.ts';

/**
 * Refuses what is beyond the quotas of its namespace, and charges them with the rest before it is stored. What goes away later the
 * controller takes off again. `k8s.io/apiserver/pkg/admission/plugin/resourcequota`.
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles(verb, { group, resource }, subresource) {
    if (resource === 'events') return false;
    if (verb === 'create') return subresource === '';
    // Of what is there already, only these can come to take more.
    if (verb !== 'update' || group !== '') return false;
    const grows = resource === 'services' || resource === 'persistentvolumeclaims';
    return (grows && subresource === '') || (resource === 'pods' && subresource === 'resize');
  },
  async charge(request, io, held) {
    if (!request.namespace || !request.object) return undefined;
    const wanted: Amounts = new Map();
    for (const quota of io.list<ResourceQuota>(gvks.ResourceQuota, request.namespace)) {
      const added = chargeOf(quota, request, io);
      if (added.size > 0) wanted.set(quota.metadata.name ?? '', added);
      // What is held counts as used there.
      if (!held) check(quota, added, request);
    }
    if (held instanceof QuotaCharge && held.isOf(wanted)) return held;
    await held?.giveBack();
    if (request.dryRun || wanted.size === 0) return undefined;
    const charge = new QuotaCharge(request.namespace, io);
    try {
      for (const [name, added] of wanted) await charge.take(name, added, request);
    } catch (err) {
      await charge.giveBack();
      throw err;
    }
    return charge;
  },
};

/** What a write adds, by the names of the quotas. */
type Amounts = Map<string, Usage>;

class QuotaCharge implements Charge {
  private readonly taken: Amounts = new Map();

  constructor(
    private readonly namespace: string,
    private readonly io: Pick<AdmissionIo, 'modify'>,
  ) {}

  /** Whether just this has been taken, so that a write that is tried again is not charged again. */
  isOf(wanted: Amounts): boolean {
    const sameUsage = (a: Usage, b: Usage): boolean =>
      a.size === b.size && [...a].every(([name, amount]) => compareQuantities(b.get(name) ?? '0', amount) === 0);
    return wanted.size === this.taken.size && [...wanted].every(([name, usage]) => sameUsage(usage, this.taken.get(name) ?? new Map()));
  }

  /** Compares and adds in one write, so two requests cannot both have the last of it. Throws ApiError 403 when it is not to be had. */
  async take(name: string, added: Usage, request: AdmissionRequest): Promise<void> {
    await this.io.modify<ResourceQuota>(gvks.ResourceQuota, this.namespace, name, (present) => {
      check(present, added, request);
      return withUsed(present, added, addQuantities);
    });
    this.taken.set(name, added);
  }

  /** A quota that is gone has nothing to get back. */
  async giveBack(): Promise<void> {
    for (const [name, added] of this.taken) {
      this.taken.delete(name);
      await this.io
        .modify<ResourceQuota>(gvks.ResourceQuota, this.namespace, name, (present) => withUsed(present, added, lessened))
        .catch((err: unknown) => {
          if (!(err instanceof ApiError) || err.code !== 404) throw err;
        });
    }
  }
}

/** Never below nothing: its controller may have counted anew, without this write, in between. */
function lessened(used: string, amount: Quantity): Quantity {
  const left = subtractQuantities(used, amount);
  return compareQuantities(left, '0') < 0 ? parseQuantity('0') : left;
}

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
  const had = oldObject && quotaChooses(quota, resource, oldObject) ? quotaUsage(resource, oldObject, now) : new Map();
  const counted = new Map([...moreThan(had, usage)].filter(([each]) => lookUp(hard, each)));
  const unknown = [...counted.keys()].filter((each) => lookUp(used, each) === undefined).toSorted();
  if (unknown.length > 0) throw refuse(request, `status unknown for quota: ${name}, resources: ${unknown.join(',')}`);
  return counted;
}

/** Throws ApiError 403 in upstream's words: what was asked for, what is used, what the limit is. */
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

/** The quota with other numbers in use; limits and conditions stay. */
function withUsed(quota: ResourceQuota, added: Usage, change: (used: string, amount: Quantity) => Quantity): ResourceQuota {
  const used = { ...quota.status?.used };
  for (const [name, amount] of added) setKey(used, name, formatQuantity(change(lookUp(used, name) ?? '0', amount)));
  return { ...quota, status: { ...quota.status, used } };
}
