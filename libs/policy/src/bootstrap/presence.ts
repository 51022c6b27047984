import { hostname } from 'node:os';
import { type KubeObject, microTimestamp } from '#api';
import type { Lease } from '#api/types';
import { gvks, nodeLabels } from '#objects';
import type { BootstrapParts } from './bootstrap.ts';
import { identityName } from './bootstrap.ts';
import { addressAnnotation, ensureKubernetesService, grpcAnnotation, liveServers, put } from './kubernetes-service.ts';

/** Much less than KEP-1965's hour: the endpoints of `kubernetes` and the agents follow these Leases. */
const DURATION_SECONDS = 60;
const RENEW_MS = 10_000;
const leaseLabels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' };

/** Says that this server lives (its Lease) and where (the endpoints of `kubernetes`), until the signal aborts. */
export class Presence {
  private readonly name: string;
  private readonly holder: string;

  constructor(
    private readonly parts: BootstrapParts,
    uid: string,
  ) {
    this.name = identityName(parts.advertise);
    this.holder = `${this.name}_${uid}`;
  }

  /** One round; throws when the store cannot be written. */
  async renew(): Promise<void> {
    const { parts } = this;
    await put(parts, this.lease());
    const leases = parts.view.list<KubeObject>(gvks.Lease, 'kube-system');
    const servers = leases.filter((lease) => lease.metadata.labels?.['apiserver.kubernetes.io/identity'] === 'kube-apiserver');
    const addresses = new Set([parts.advertise.address, ...liveServers(servers, parts.clock.now())]);
    await ensureKubernetesService(parts, [...addresses]);
  }

  /** Failures are logged and mended by the next round. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const _ of this.parts.clock.every(RENEW_MS, signal)) {
      await this.renew().catch((err: unknown) => this.parts.logger.warn({ err }, 'could not renew the lease of this server'));
    }
  }

  /** The Lease as it should stand now. Its name stays over restarts, its holder does not: which run of the server it was can be told. */
  private lease(): KubeObject {
    const { address, grpcPort } = this.parts.advertise;
    const present = this.parts.view.get<Lease>(gvks.Lease, 'kube-system', this.name);
    const now = microTimestamp(this.parts.clock.now());
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: this.name,
        namespace: 'kube-system',
        labels: { ...leaseLabels, [nodeLabels.hostname]: hostname() },
        annotations: { [addressAnnotation]: address, [grpcAnnotation]: `${address.includes(':') ? `[${address}]` : address}:${grpcPort}` },
      },
      spec: {
        holderIdentity: this.holder,
        leaseDurationSeconds: DURATION_SECONDS,
        acquireTime: present?.spec?.acquireTime ?? now,
        renewTime: now,
      },
    } as KubeObject;
  }
}
