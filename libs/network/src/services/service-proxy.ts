import type { Logger } from '#telemetry';
import type { HostPort, ServiceProxy, ServiceRoute } from '../contract.ts';
import { forgetConnections } from '../conntrack/forget-connections.ts';
import { mustFamilyOf, ofFamily } from '../family.ts';
import { MergedRuns } from '../merged-runs.ts';
import { hostRunner, must, type Runner } from '../runner.ts';
import { renderBase, type TableOptions } from './base-table.ts';
import { HealthChecks } from './health-checks.ts';
import { TableSocket } from '../netlink/table-socket.ts';
import { changeMessages } from './change-messages.ts';
import { emptyRuleset, renderChange, type Ruleset } from './ruleset.ts';
import { type OwnRules, serviceRules } from './service-rules.ts';
import { type StaleEndpoint, staleEndpoints } from './stale-endpoints.ts';

export interface ServiceProxyOptions {
  /** Name of the table. */
  table: string;
  /** One a family: each has a table of its own. */
  clusterCidrs: readonly string[];
  /** Of the same families; others may come by `applyServiceCidrs`. Empty where there is no cluster. */
  serviceCidrs: readonly string[];
  /** Where LoadBalancer services have addresses. */
  loadBalancerCidrs?: readonly string[];
  /** Addresses that the node itself serves, e.g. the cluster DNS address. */
  ownAddresses?: readonly string[];
  logger: Logger;
  /** Where health check ports listen; all addresses unless told otherwise. */
  healthAddress?: string;
  runner?: Runner;
  /** Path of the node's network namespace; by default this process's own. */
  netns?: string;
  /** Forgets connections to endpoints that are gone; by default in the network namespace of this process. */
  forget?(stale: readonly StaleEndpoint[]): Promise<void>;
}

/**
 * Keeps the services of one node in its nftables tables. The first call replaces the tables as a whole, in one transaction, so a restarted
 * agent leaves no gap; later ones carry only what changed. Calls run one after the other, and those that wait are merged.
 */
export function createServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  return new NftServiceProxy(options);
}

class NftServiceProxy implements ServiceProxy {
  private readonly runner: Runner;
  private readonly tables: readonly (TableOptions & { kept: WeakMap<ServiceRoute, OwnRules> })[];
  private readonly socket: TableSocket;
  private services: readonly ServiceRoute[] = [];
  private hostPorts: readonly HostPort[] = [];
  private serviceCidrs: readonly string[];
  private applied: { rulesets: readonly Ruleset[]; services: readonly ServiceRoute[] } | undefined;
  private readonly health: HealthChecks;
  private readonly transactions = new MergedRuns(() => this.commit());

  constructor(private readonly options: ServiceProxyOptions) {
    this.runner = options.runner ?? hostRunner;
    this.socket = new TableSocket(options.netns);
    this.serviceCidrs = options.serviceCidrs;
    this.tables = options.clusterCidrs.map((clusterCidr) => ({ ...tableOf(options, clusterCidr), kept: new WeakMap() }));
    this.health = new HealthChecks(options.logger, options.healthAddress);
  }

  apply(services: readonly ServiceRoute[]): Promise<void> {
    this.services = services;
    return this.transactions.request();
  }

  applyHostPorts(ports: readonly HostPort[]): Promise<void> {
    this.hostPorts = ports;
    return this.transactions.request();
  }

  applyServiceCidrs(cidrs: readonly string[]): Promise<void> {
    this.serviceCidrs = [...new Set([...this.options.serviceCidrs, ...cidrs])];
    return this.transactions.request();
  }

  async remove(): Promise<void> {
    await this.transactions.idle();
    await this.health.apply([]);
    this.socket.close();
    await must(this.runner, ['nft', '-f', '-'], this.tables.map(({ table }) => `add table ${table}\ndelete table ${table}\n`).join(''));
    this.applied = undefined;
  }

  private async commit(): Promise<void> {
    const { services, serviceCidrs } = this;
    const { ownAddresses } = this.options;
    const rulesets = this.tables.map((table) => serviceRules(services, this.hostPorts, { ...table, serviceCidrs, ownAddresses }));
    const { applied } = this;
    if (applied) {
      if (!(await this.tryChange(applied.rulesets, rulesets))) await this.replace(rulesets);
    } else {
      await this.replace(rulesets);
    }
    this.applied = { rulesets, services };
    const stale = staleEndpoints(applied?.services ?? [], services);
    if (stale.length > 0) await this.forget(stale);
    await this.health.apply(services);
  }

  /** The rules are in place: a failure here must not make the caller think that they are not. */
  private async forget(stale: readonly StaleEndpoint[]): Promise<void> {
    const { logger } = this.options;
    await (this.options.forget?.(stale) ?? forgetConnections(stale)).catch((err: unknown) =>
      logger.warn({ err }, 'udp connections to removed endpoints may live on'),
    );
  }

  /** False: refused. Somebody else touched a table: what we think is there is not. Nothing of the transaction has happened. */
  private async tryChange(before: readonly Ruleset[], after: readonly Ruleset[]): Promise<boolean> {
    const { table, logger } = this.options;
    const messages = this.tables.map(({ family }, i) => changeMessages(before[i]!, after[i]!, { family, table }));
    if (messages.every((each) => each !== undefined)) {
      const errno = await this.socket.change(messages.flat());
      if (errno !== 0) logger.warn({ table, errno }, 'nftables change refused; replacing the table');
      return errno === 0;
    }
    const change = this.tables.map((each, i) => renderChange(each.table, before[i]!, after[i]!)).join('');
    const { code, stderr } = await this.runner.run(['nft', '-f', '-'], change);
    if (code !== 0) logger.warn({ table, stderr: stderr.slice(0, 2000) }, 'nftables change refused; replacing the table');
    return code === 0;
  }

  private async replace(rulesets: readonly Ruleset[]): Promise<void> {
    const whole = this.tables.map((table, i) => renderBase(table) + renderChange(table.table, emptyRuleset(), rulesets[i]!));
    await must(this.runner, ['nft', '-f', '-'], whole.join(''));
  }
}

function tableOf({ table, serviceCidrs, loadBalancerCidrs = [] }: ServiceProxyOptions, clusterCidr: string): TableOptions {
  const family = mustFamilyOf(clusterCidr);
  if (serviceCidrs.length > 0 && !serviceCidrs.some(ofFamily(family)))
    throw new Error(`no range of services goes with the range of pods ${clusterCidr}`);
  return { family, table: `${family.nft} ${table}`, clusterCidr, loadBalancerCidr: loadBalancerCidrs.find(ofFamily(family)) };
}
