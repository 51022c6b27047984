import type { ProtobufEncoder } from '#api';
import type { Clock, Random } from '#base';
import type { AllocationPool, KindIo } from '#kinds/contract';
import type { Store, WatchCache } from '#store';
import type { Logger } from '#telemetry';
import type { AdmissionPlugin, Authorizer, KindCatalog } from './contract.ts';
import type { ServerMetrics } from './metrics.ts';
import type { Turns } from './writes/turns.ts';

/** What every verb works with. */
export interface Core {
  kinds: KindCatalog;
  /** Over the types of the catalogue. */
  encoder: ProtobufEncoder;
  store: Store;
  cache: WatchCache;
  turns: Turns;
  clock: Clock;
  random: Random;
  /** In order. */
  admission: readonly AdmissionPlugin[];
  authorizer: Authorizer;
  /** What a user may do in a namespace, for SelfSubjectRulesReview. */
  rules: KindIo['rules'];
  tokens: KindIo['tokens'];
  ranges: Pick<AllocationPool, 'serviceCidrs' | 'nodePortRange' | 'loadBalancerCidrs'>;
  metrics: ServerMetrics;
  logger: Logger;
}
