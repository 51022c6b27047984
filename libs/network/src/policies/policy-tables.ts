import type { Logger } from '#telemetry';
import type { PolicyPod, PolicyTables, PolicyWorld } from '../contract.ts';
import { mustFamilyOf, ofFamily } from '../family.ts';
import { TableSocket } from '../netlink/table-socket.ts';
import { MergedRuns } from '../merged-runs.ts';
import { hostRunner, must, type Runner } from '../runner.ts';
import { changeMessages } from '../services/change-messages.ts';
import { emptyRuleset, renderChange, type Ruleset } from '../services/ruleset.ts';
import { policyRules } from './policy-rules.ts';
import { type PolicyTableOptions, renderPolicyBase } from './policy-table.ts';

export interface PolicyTablesOptions {
  /** Name of the tables, one a family. */
  table: string;
  /** This node's pod ranges: each family of theirs has a table. */
  podCidrs: readonly string[];
  /** Where this node answers cluster DNS. */
  clusterDns: readonly string[];
  logger: Logger;
  runner?: Runner;
  /** Path of the node's network namespace; by default this process's own. */
  netns?: string;
}

/** Calls run one after the other, and those that wait are merged: the newest world counts. */
export function createPolicyTables(options: PolicyTablesOptions): PolicyTables {
  return new NftPolicyTables(options);
}

/**
 * The cluster DNS is the node's own here, and pods elsewhere: policies that let egress through to those (`k8s-app: kube-dns` in kube-system, or any
 * pod, on port 53) mean it.
 */
const dnsPod = (ips: readonly string[]): PolicyPod => ({
  namespace: 'kube-system',
  labels: { 'k8s-app': 'kube-dns' },
  ips,
  ports: [
    { name: 'dns', protocol: 'UDP', port: 53 },
    { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  ],
});

class NftPolicyTables implements PolicyTables {
  private readonly tables: readonly PolicyTableOptions[];
  private readonly runner: Runner;
  private world: PolicyWorld = { policies: [], namespaces: [], pods: [], local: [] };
  private applied: readonly Ruleset[] | undefined;
  private readonly socket: TableSocket;
  private readonly transactions = new MergedRuns(() => this.commit());

  constructor(private readonly options: PolicyTablesOptions) {
    this.runner = options.runner ?? hostRunner;
    this.socket = new TableSocket(options.netns);
    this.tables = options.podCidrs.map((podCidr) => {
      const family = mustFamilyOf(podCidr);
      return { family, podCidr, table: `${family.nft} ${options.table}`, clusterDns: options.clusterDns.filter(ofFamily(family)) };
    });
  }

  apply(world: PolicyWorld): Promise<void> {
    this.world = { ...world, pods: [...world.pods, dnsPod(this.options.clusterDns)] };
    return this.transactions.request();
  }

  private async commit(): Promise<void> {
    const rulesets = this.tables.map(({ family }) => policyRules(this.world, family));
    if (!(this.applied && (await this.change(this.applied, rulesets)))) await this.replace(rulesets);
    this.applied = rulesets;
  }

  /** False: refused, and nothing of it has happened. */
  private async change(before: readonly Ruleset[], after: readonly Ruleset[]): Promise<boolean> {
    const { table, logger } = this.options;
    const messages = this.tables.map(({ family }, i) => changeMessages(before[i]!, after[i]!, { family, table }));
    if (messages.every((each) => each !== undefined)) {
      const errno = await this.socket.change(messages.flat());
      if (errno !== 0) logger.warn({ table, errno }, 'elements of the policies refused; replacing the tables');
      return errno === 0;
    }
    const text = this.tables.map((each, i) => renderChange(each.table, before[i]!, after[i]!)).join('');
    const { code, stderr } = await this.runner.run(['nft', '-f', '-'], text);
    if (code !== 0) logger.warn({ table, stderr: stderr.slice(0, 2000) }, 'nftables change refused; replacing the tables');
    return code === 0;
  }

  private async replace(rulesets: readonly Ruleset[]): Promise<void> {
    this.applied = undefined; // what is there is not known until this has happened
    const whole = this.tables.map((each, i) => renderPolicyBase(each) + renderChange(each.table, emptyRuleset(), rulesets[i]!));
    await must(this.runner, ['nft', '-f', '-'], whole.join(''));
  }
}
