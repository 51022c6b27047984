import { constants } from 'node:os';
import { Family, NetlinkError, NetlinkSocket } from '../netlink/socket.ts';
import { macBytes } from '../netlink/route-messages.ts';
import { must, type Runner } from '../runner.ts';
import { identityOf } from './pod-identity.ts';
import { changeElements, type SetElement } from './set-element-messages.ts';

export interface SourceGuardOptions {
  /** Name of the tables, one of family inet and one of family arp. */
  table: string;
  runner: Runner;
  /** Path of the node's network namespace; by default this process's own. */
  netns?: string;
}

/** A pod's link as the node sees it. */
export interface GuardedLink {
  /** The node's end. */
  name: string;
  ip: string;
}

const INTERFACE_NAME_BYTES = 16;

/**
 * Binds each pod to its addresses: what comes out of its link with another source (IPv4, IPv6, hardware), or says in ARP or neighbour
 * discovery that another address is here, goes no further. Sets keyed by link and source: one look-up, however many pods there are.
 */
export class SourceGuard {
  private readonly links = new Map<string, GuardedLink>();
  private leaving: GuardedLink[] = [];
  private releasing: Promise<void> = Promise.resolve();
  private nextRelease: Promise<void> | undefined;

  private constructor(private readonly options: SourceGuardOptions) {}

  /** Makes the tables anew in one transaction, with the links that are there: a restarted agent leaves no gap. */
  static async open(options: SourceGuardOptions, links: readonly GuardedLink[]): Promise<SourceGuard> {
    const guard = new SourceGuard(options);
    for (const link of links) guard.links.set(link.name, link);
    await guard.rebuild();
    return guard;
  }

  /** Before the pod's end of the link is up. Idempotent. */
  async bind(link: GuardedLink): Promise<void> {
    const known = this.links.get(link.name);
    if (known && known.ip !== link.ip) await this.release(link.name);
    this.links.set(link.name, link);
    const errno = await this.change('add', [link]);
    if (errno === constants.errno.ENOENT)
      await this.rebuild(); // somebody took the table away
    else if (errno !== 0) throw new NetlinkError(errno, `binding ${link.name} to its addresses`);
  }

  /**
   * Idempotent. After the link is gone. The kernel waits for all its processors before it answers a deletion (some 10 ms): those that come
   * meanwhile share the next.
   */
  release(name: string): Promise<void> {
    const link = this.links.get(name);
    if (!link) return Promise.resolve();
    this.links.delete(name);
    this.leaving.push(link);
    this.nextRelease ??= this.releasing
      .catch(() => undefined) // its callers have been told
      .then(() => {
        this.nextRelease = undefined;
        this.releasing = this.flush();
        return this.releasing;
      });
    return this.nextRelease;
  }

  private async flush(): Promise<void> {
    const links = this.leaving.splice(0);
    const errno = await this.change('delete', links);
    if (errno === constants.errno.ENOENT)
      await this.rebuild(); // one is gone already: then none of them was deleted
    else if (errno !== 0) throw new NetlinkError(errno, `releasing ${links.map(({ name }) => name).join(', ')}`);
  }

  private async change(change: 'add' | 'delete', links: readonly GuardedLink[]): Promise<number> {
    const socket = NetlinkSocket.open(Family.Netfilter, this.options.netns);
    try {
      const { batch, acknowledged } = changeElements(
        change,
        links.flatMap((link) => elementsOf(this.options.table, link)),
      );
      return (await socket.askBatch(batch, acknowledged)).errno;
    } finally {
      socket.close();
    }
  }

  private async rebuild(): Promise<void> {
    await must(this.options.runner, ['nft', '-f', '-'], renderGuard(this.options.table, [...this.links.values()]));
  }
}

function elementsOf(table: string, { name, ip }: GuardedLink): SetElement[] {
  const identity = identityOf(ip);
  const link = Buffer.concat([Buffer.from(name)], INTERFACE_NAME_BYTES);
  const mac = macBytes(identity.mac);
  const source = [link, mac, Buffer.from(ip.split('.').map(Number))];
  return [
    { family: 'inet', table, set: 'sources', key: source },
    { family: 'inet', table, set: 'sources6', key: [link, mac, identity.linkLocal] },
    { family: 'inet', table, set: 'targets6', key: [link, identity.linkLocal] },
    { family: 'inet', table, set: 'links', key: [link] },
    { family: 'arp', table, set: 'senders', key: source },
    { family: 'arp', table, set: 'links', key: [link] },
  ];
}

/** The tables with all their elements, for one `nft -f -` transaction. Pure. */
export function renderGuard(name: string, links: readonly GuardedLink[]): string {
  const [inet, arp] = [`inet ${name}`, `arp ${name}`];
  const identities = links.map((link) => ({ link: `"${link.name}"`, ...identityOf(link.ip) }));
  const elements = (table: string, set: string, keys: readonly string[]): string[] =>
    keys.length === 0 ? [] : [`add element ${table} ${set} { ${keys.join(', ')} }`];
  const sources = identities.map(({ link, mac, ip }) => `${link} . ${mac} . ${ip}`);
  return `${[
    // "add" before "delete": deleting what is not there would fail the whole transaction.
    ...[inet, arp].flatMap((table) => [`add table ${table}`, `delete table ${table}`, `add table ${table}`]),
    ...[inet, arp].map((table) => `add set ${table} links { type ifname ; }`),
    `add set ${inet} sources { type ifname . ether_addr . ipv4_addr ; }`,
    `add set ${inet} sources6 { type ifname . ether_addr . ipv6_addr ; }`,
    `add set ${inet} targets6 { typeof iifname . @th,64,128 ; }`,
    `add set ${arp} senders { type ifname . ether_addr . ipv4_addr ; }`,
    // Before fragments are put together (-400): else one of a forged source could end up in another pod's packet.
    `add chain ${inet} prerouting { type filter hook prerouting priority -450 ; policy accept ; }`,
    `add chain ${inet} source`,
    `add rule ${inet} prerouting iifname @links goto source`,
    `add rule ${inet} source iifname . ether saddr . ip saddr @sources accept`,
    // A pod is no router (CVE-2020-13401), and answers for nobody but itself: RFC 4861, 4.2, 4.4 and 4.5.
    `add rule ${inet} source icmpv6 type { nd-router-advert, nd-redirect } drop`,
    `add rule ${inet} source icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @targets6 drop`,
    `add rule ${inet} source iifname . ether saddr . ip6 saddr @sources6 accept`,
    `add rule ${inet} source drop`,
    `add chain ${arp} input { type filter hook input priority filter ; policy accept ; }`,
    `add rule ${arp} input iifname . arp saddr ether . arp saddr ip @senders accept`,
    `add rule ${arp} input iifname @links drop`,
    ...elements(inet, 'sources', sources),
    ...elements(
      inet,
      'sources6',
      identities.map(({ link, mac, linkLocal }) => `${link} . ${mac} . ${ip6(linkLocal)}`),
    ),
    ...elements(
      inet,
      'targets6',
      identities.map(({ link, linkLocal }) => `${link} . 0x${linkLocal.toString('hex')}`),
    ),
    ...[inet, arp].flatMap((table) =>
      elements(
        table,
        'links',
        identities.map(({ link }) => link),
      ),
    ),
    ...elements(arp, 'senders', sources),
  ].join('\n')}\n`;
}

const ip6 = (bytes: Buffer): string => bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:');
