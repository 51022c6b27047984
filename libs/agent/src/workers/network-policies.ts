import { deepEqual } from '#api';
import type { Namespace, NetworkPolicy, Pod } from '#api/types';
import type { Clock } from '#base';
import type { Api, Informer } from '#client/contract';
import type { PolicyPod, PolicyTables, PolicyWorld } from '#network/contract';
import { resources } from '#objects';
import type { Logger } from '#telemetry';
import { policyPodOf } from '../policy-pod.ts';
import { Repeated } from './network-tables.ts';

export interface NetworkPoliciesOptions {
  clock: Clock;
  logger: Logger;
  /** As the node's network, like the caches but `bound`. */
  api: Pick<Api, 'list'>;
  policies: Informer<NetworkPolicy>;
  namespaces: Informer<Namespace>;
  /** The pods of this node. */
  bound: Informer<Pod>;
  /** Those of the whole cluster: asked for when there is the first policy. Without one a node neither hears nor keeps them. */
  everywhere: () => Informer<Pod>;
  /** Sandboxes with addresses. */
  attached: () => Promise<ReadonlyMap<string, readonly string[]>>;
  tables: PolicyTables;
}

/** What keeps NetworkPolicies in force for the pods of this node. */
export class NetworkPolicies {
  private readonly local = new Map<string, PolicyPod>();
  private readonly elsewhere = new Map<string, PolicyPod>();
  private readonly stops: (() => void)[] = [];
  private readonly changes: Repeated;
  private following: Promise<void> | undefined;
  private readonly applied = Promise.withResolvers<void>();

  constructor(private readonly options: NetworkPoliciesOptions) {
    this.changes = new Repeated(() => this.apply(), options.logger, options.clock);
  }

  /** Resolves when `start` has. What runs without the API is admitted by what was known of policies before that went. */
  get standing(): Promise<void> {
    return this.applied.promise;
  }

  /** Resolves when the policies hold for the pods that are there; until then what a former agent left does. */
  async start(): Promise<void> {
    const { policies, namespaces, bound, attached } = this.options;
    await Promise.all([policies.synced(), namespaces.synced(), bound.synced()]);
    const addresses = await attached();
    for (const pod of bound.list()) this.keep(pod, addresses.get(pod.metadata.uid ?? '') ?? []);
    this.stops.push(
      policies.onChange(() => void this.changes.again()),
      namespaces.onChange(({ object, previous }) => {
        if (!previous || !deepEqual(object.metadata.labels, previous.metadata.labels)) this.changed();
      }),
      bound.onChange(({ object, deleted }) => {
        const known = this.local.get(object.metadata.uid ?? '');
        // One that is deleted runs on until its sandbox is taken away.
        if (known && !deleted && this.keep(object, known.ips)) this.changed();
      }),
    );
    await this.changes.again();
    this.applied.resolve();
  }

  /** The kernel keeps the tables. */
  stop(): void {
    for (const stop of this.stops) stop();
  }

  /**
   * Resolves when every policy of the namespace that there was when it was called is known here. The watches of pods and of policies are not
   * one: a pod may be heard of before the policy that was made before it. Throws ApiError.
   */
  async caughtUp(namespace: string): Promise<void> {
    const { api, policies } = this.options;
    const { items } = await api.list<NetworkPolicy>({ resource: resources.networkPolicies, namespace });
    const version = ({ resourceVersion = '' }: { resourceVersion?: string }): bigint => BigInt(resourceVersion || 0);
    const newest = items.map(({ metadata }) => version(metadata)).reduce((a, b) => (a > b ? a : b), 0n);
    if (version(policies) >= newest) return;
    await new Promise<void>((resolve) => {
      const stop = policies.onChange(() =>
        queueMicrotask(() => {
          if (version(policies) < newest) return;
          stop();
          resolve();
        }),
      );
    });
  }

  /** Opens the link of a pod for what its policies allow. Idempotent. Throws when the kernel refuses: then it is as closed as before. */
  async admit(pod: Pod, ips: readonly string[]): Promise<void> {
    const { namespace = '', name = '', uid } = pod.metadata;
    const newest = this.options.bound.get(namespace, name);
    this.keep(newest && newest.metadata.uid === uid ? newest : pod, ips);
    await this.apply();
  }

  /** Closes it again: the addresses are to be another's. Idempotent. */
  async release(uid: string): Promise<void> {
    if (this.local.delete(uid)) await this.apply();
  }

  /** Whether anything is different. */
  private keep(pod: Pod, ips: readonly string[]): boolean {
    const seen = policyPodOf({ ...pod, status: {} }, ips);
    const uid = pod.metadata.uid ?? '';
    if (!seen || deepEqual(this.local.get(uid), seen)) return false;
    this.local.set(uid, seen);
    return true;
  }

  private changed(): void {
    if (this.options.policies.list().length > 0) void this.changes.again();
  }

  private async apply(): Promise<void> {
    if (this.options.policies.list().length > 0) await (this.following ??= this.follow());
    await this.options.tables.apply(this.world());
  }

  private async follow(): Promise<void> {
    const pods = this.options.everywhere();
    await pods.synced();
    this.stops.push(
      pods.onChange(({ object, deleted }) => {
        const key = `${object.metadata.namespace}/${object.metadata.name}`;
        const [known, seen] = [this.elsewhere.get(key), deleted ? undefined : policyPodOf(object)];
        if (deepEqual(known, seen)) return;
        if (seen) this.elsewhere.set(key, seen);
        else this.elsewhere.delete(key);
        this.changed();
      }),
    );
  }

  private world(): PolicyWorld {
    const { policies, namespaces } = this.options;
    const local = [...this.local.values()];
    return {
      policies: policies.list(),
      namespaces: namespaces.list().map(({ metadata }) => ({ name: metadata.name ?? '', labels: metadata.labels })),
      // Those of this node have their addresses here before the API knows them.
      pods: [...this.elsewhere.values(), ...local],
      local,
    };
  }
}
