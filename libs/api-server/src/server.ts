import type { Clock, Random } from '#base';
import type { AllocationPool, KindDefinition, KindIo } from '#kinds/contract';
import type { Store, WatchCache } from '#store';
import type { Logger } from '#telemetry';
import type { Registry } from 'prom-client';
import { Chain } from './chain.ts';
import type { AdmissionPlugin, Authenticator, Authorizer, ConnectHandlers } from './contract.ts';
import type { Core } from './core.ts';
import { createServerMetrics } from './metrics.ts';
import { defaultLimits, Overload, type OverloadLimits } from './overload.ts';
import { ServedKinds } from './resources/served-kinds.ts';
import { Resources } from './service.ts';
import { Committer } from './writes/committer.ts';

export interface ServerOptions {
  kinds: readonly KindDefinition[];
  store: Store;
  cache: WatchCache;
  clock: Clock;
  random: Random;
  logger: Logger;
  registry: Registry;
  authenticator: Authenticator;
  authorizer: Authorizer;
  admission: readonly AdmissionPlugin[];
  tokens: KindIo['tokens'];
  rules: KindIo['rules'];
  ranges: Pick<AllocationPool, 'serviceCidrs' | 'nodePortRange'>;
  connect?: ConnectHandlers;
  limits?: OverloadLimits;
}

export interface ApiServer {
  chain: Chain;
  core: Core;
  resources: Resources;
  kinds: ServedKinds;
}

/** An api-server without its sockets: the chain that HTTP goes through and the service that gRPC calls. */
export function createApiServer(options: ServerOptions): ApiServer {
  const { store, cache, clock, random, logger, authenticator, authorizer, admission, tokens, rules, ranges } = options;
  const kinds = new ServedKinds(options.kinds);
  const metrics = createServerMetrics(options.registry);
  const core: Core = {
    kinds,
    store,
    cache,
    committer: new Committer(store),
    clock,
    random,
    admission,
    authorizer,
    tokens,
    rules,
    ranges,
    metrics,
  };
  const resources = new Resources(core);
  const chain = new Chain({
    kinds,
    service: resources,
    authenticator,
    authorizer,
    overload: new Overload(options.limits ?? defaultLimits, metrics),
    metrics,
    clock,
    logger,
    connect: options.connect ?? {},
    pages: () => undefined,
    below: (limit) => random.below(limit),
  });
  return { chain, core, resources, kinds };
}
