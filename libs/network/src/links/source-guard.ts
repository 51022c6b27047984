import { constants } from 'node:os';
import { ipBytes, ipText, ipv4, ipv6, ofFamily } from '../family.ts';
import { NetlinkError } from '../netlink/socket.ts';
import { type ElementChange, elementMessages } from '../netlink/table-messages.ts';
import { TableSocket } from '../netlink/table-socket.ts';
import { macBytes } from '../netlink/route-messages.ts';
import { must, type Runner } from '../runner.ts';
import { identityOf, type PodIdentity } from './pod-identity.ts';

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
  ips: readonly string[];
}

type GuardElement = Omit<ElementChange, 'change'>;

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

  private readonly socket: TableSocket;

  private constructor(private readonly options: SourceGuardOptions) {
    this.socket = new TableSocket(options.netns);
  }

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
    if (known && known.ips.join() !== link.ips.join()) await this.release(link.name);
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
    const elements = links.flatMap((link) => elementsOf(this.options.table, link));
    return this.socket.change(elementMessages(elements.map((element) => ({ change, ...element }))));
  }

  private async rebuild(): Promise<void> {
    await must(this.options.runner, ['nft', '-f', '-'], renderGuard(this.options.table, [...this.links.values()]));
  }
}

function elementsOf(table: string, { name, ips }: GuardedLink): GuardElement[] {
  const identity = identityOf(ips);
  const link = Buffer.concat([Buffer.from(name)], INTERFACE_NAME_BYTES);
  const mac = macBytes(identity.mac);
  const { addresses, addresses6 } = addressesOf(identity);
  return [
    ...addresses.flatMap((address): GuardElement[] => [
      { family: 'inet', table, set: 'sources', key: [link, mac, address] },
      { family: 'arp', table, set: 'senders', key: [link, mac, address] },
    ]),
    ...addresses6.flatMap((address): GuardElement[] => [
      { family: 'inet', table, set: 'sources6', key: [link, mac, address] },
      { family: 'inet', table, set: 'targets6', key: [link, address] },
    ]),
    { family: 'inet', table, set: 'links', key: [link] },
    { family: 'arp', table, set: 'links', key: [link] },
  ];
}

/** An IPv6 interface has a link-local address beside those that it is given, also where the cluster has IPv4 alone. */
function addressesOf({ ips, linkLocal }: PodIdentity): { addresses: Buffer[]; addresses6: Buffer[] } {
  return {
    addresses: ips.filter(ofFamily(ipv4)).map(ipBytes),
    addresses6: [linkLocal, ...ips.filter(ofFamily(ipv6)).map(ipBytes)],
  };
}

/** The tables with all their elements, for one `nft -f -` transaction. Pure. */
export function renderGuard(name: string, links: readonly GuardedLink[]): string {
  const [inet, arp] = [`inet ${name}`, `arp ${name}`];
  const identities = links.map(({ name: link, ips }) => ({ link: `"${link}"`, ...identityOf(ips) }));
  const elements = (table: string, set: string, keys: readonly string[]): string[] =>
    keys.length === 0 ? [] : [`add element ${table} ${set} { ${keys.join(', ')} }`];
  const sources = identities.flatMap(({ link, mac, ips }) => ips.filter(ofFamily(ipv4)).map((ip) => `${link} . ${mac} . ${ip}`));
  const of6 = (key: (identity: { link: string; mac: string }, address: Buffer) => string): string[] =>
    identities.flatMap((identity) => addressesOf(identity).addresses6.map((address) => key(identity, address)));
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
      of6(({ link, mac }, address) => `${link} . ${mac} . ${ipText(address)}`),
    ),
    ...elements(
      inet,
      'targets6',
      of6(({ link }, address) => `${link} . 0x${address.toString('hex')}`),
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
