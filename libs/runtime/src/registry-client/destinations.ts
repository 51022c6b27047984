import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { RuntimeError } from '../contract.ts';
import { type Endpoint, isLoopback } from './endpoints.ts';

/**
 * Where the requests of a pull may go. The registry is the user's choice; where its token services and redirects lead is the
 * registry's, which may belong to nobody that we trust: they must not turn the node's own position in the network against it.
 */
export interface DestinationRules {
  /** Networks of the cluster (control plane, nodes, pods, services), which no registry may send us to. */
  guarded?: readonly string[];
  /** What is right all the same: a `host` or `host:port` in every respect, plain HTTP too; an address or a network as an address. */
  allowed?: readonly string[];
}

/** `any`: what somebody has configured. `registry`: named in a reference. `foreign`: named by a registry. */
export type Trust = 'any' | 'registry' | 'foreign';

/** Of no use to anybody but this machine (RFC 1122, 3927, 4291), and never where a registry or its store is. */
const never: readonly [network: string, what: string][] = [
  ['0.0.0.0/8', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/3', 'multicast or reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
  // What Alibaba, Oracle, Azure and AWS tell their machines, keys included, beside the link-local 169.254.169.254.
  ['100.100.100.200/32', "a cloud's metadata"],
  ['192.0.0.192/32', "a cloud's metadata"],
  ['168.63.129.16/32', "a cloud's metadata"],
  ['fd00:ec2::254/128', "a cloud's metadata"],
];

/**
 * Where a registry may send a pull (by a redirect or a token service): not to this machine, its neighbours, a cloud's metadata or what is
 * guarded.
 */
export class Destinations {
  private readonly refused: readonly { list: BlockList; what: string }[];
  private readonly guarded: BlockList;
  private readonly allowedNetworks: BlockList;
  private readonly allowedHosts: ReadonlySet<string>;

  /** Throws an Error with one line for people when a network is none. */
  constructor(
    { guarded = [], allowed = [] }: DestinationRules = {},
    private readonly ownAddresses: () => string[] = addressesOfThisMachine,
    private readonly resolve: typeof resolveName = resolveName,
  ) {
    this.refused = never.map(([network, what]) => ({ list: listOf([network]), what }));
    this.guarded = listOf(guarded);
    this.allowedNetworks = listOf(allowed.filter(isNetwork));
    this.allowedHosts = new Set(allowed.filter((entry) => !isNetwork(entry)).map((entry) => entry.toLowerCase()));
  }

  /** How far a URL is to be trusted. Throws 'destination-refused' for what is wrong whatever its address. */
  trust(url: URL, { endpoint, from }: { endpoint: Endpoint; from?: URL }): Trust {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refusal(url, `its scheme is '${url.protocol.slice(0, -1)}'`);
    if (this.isAllowed(url)) return 'any';
    const registry = new URL(endpoint.url);
    if ((from ?? registry).protocol === 'https:' && url.protocol === 'http:') throw refusal(url, 'it leads from HTTPS to HTTP');
    if (url.host !== registry.host) return 'foreign';
    return endpoint.configured || isLoopback(url.host) ? 'any' : 'registry';
  }

  /** Whether a password may be shown to the service at `url` that the registry has named. */
  demandSecret(url: URL, endpoint: Endpoint): void {
    if (url.protocol === 'https:' || url.host === new URL(endpoint.url).host || this.isAllowed(url)) return;
    throw refusal(url, 'credentials are not sent to another host over plain HTTP');
  }

  /** For addresses in the URL itself, which are never looked up. */
  demandAddress(url: URL, trust: Trust): void {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host)) this.demand(host, host, trust);
  }

  /**
   * In place of dns.lookup: what a name resolves to is looked at where the connection is made with it, so that no second answer of the
   * name's owner can lead elsewhere.
   */
  lookupFor(trust: Trust): LookupFunction {
    return (hostname, options, callback) => {
      this.resolve(hostname, { ...options, all: true }, (err: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
        if (err) return callback(err, '', 0);
        try {
          for (const { address } of found) this.demand(hostname, address, trust);
        } catch (refused) {
          return callback(refused as Error, '', 0);
        }
        if (options.all) return callback(null, found);
        const [first] = found;
        callback(null, first?.address ?? '', first?.family ?? 0);
      });
    };
  }

  private demand(host: string, address: string, trust: Trust): void {
    if (trust === 'any' || contains(this.allowedNetworks, address)) return;
    const kind = this.refused.find(({ list }) => contains(list, address))?.what;
    if (kind) throw refusal({ host }, `its address is ${kind}`);
    if (trust !== 'foreign') return;
    if (contains(this.guarded, address) || contains(listOf(this.ownAddresses()), address)) {
      throw refusal({ host }, 'its address belongs to the cluster');
    }
  }

  private isAllowed({ host, hostname, protocol }: URL): boolean {
    const withPort = host === hostname ? `${host}:${protocol === 'https:' ? 443 : 80}` : host;
    return this.allowedHosts.has(hostname) || this.allowedHosts.has(withPort);
  }
}

function refusal({ host }: { host: string }, why: string): RuntimeError {
  return new RuntimeError('destination-refused', `the registry sends us to ${host}, which is refused: ${why}`);
}

function isNetwork(text: string): boolean {
  return isIP(text.split('/')[0]!) !== 0;
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const length = bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits);
    if (!isIP(address) || !/^\d+$/.test(bits ?? '0') || length > (family === 'ipv6' ? 128 : 32))
      throw new Error(`${network} is no network such as 10.0.0.0/8`);
    list.addSubnet(address, length, family);
  }
  return list;
}

/** IPv4 in the clothes of IPv6 (RFC 4291 mapped and compatible, 6052 and 8215 NAT64, 2765 translated, 3056 6to4) is looked at as what it is. */
function contains(list: BlockList, address: string): boolean {
  const plain = address.split('%')[0]!;
  if (isIP(plain) === 4) return list.check(plain, 'ipv4');
  const inner = embedded(plain);
  return list.check(plain, 'ipv6') || (inner !== undefined && list.check(inner, 'ipv4'));
}

function embedded(address: string): string | undefined {
  // The URL parser writes every form of an address in the one way of RFC 5952.
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const forms = /^(?:::(?:ffff:(?:0:)?)?|64:ff9b:(?:1:)?:)([0-9a-f]{1,4}):([0-9a-f]{1,4})$|^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4})?:/;
  const found = forms.exec(text);
  const [high, low] = found?.[3] === undefined ? [found?.[1], found?.[2]] : [found[3], found[4] ?? '0'];
  if (high === undefined || low === undefined) return undefined;
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address.split('%')[0]!));
}
