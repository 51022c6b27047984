import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { Counter, Histogram, type Registry } from 'prom-client';
import { type Clock, type Random, systemRandom } from '#base';
import type { Logger } from '#telemetry';
import type { ClusterDns, DnsRecords } from '../contract.ts';
import { Responder } from './responder.ts';
import { frame, framesOf } from './tcp-frames.ts';
import { type Transport, Upstream } from './upstream.ts';
import { type CachedAnswer, WireCache } from './wire-cache.ts';
import { answerFrom } from './zone.ts';

export interface ClusterDnsOptions {
  /** The cluster DNS addresses; they must be on this node's interfaces. */
  addresses: readonly string[];
  port?: number;
  /** e.g. `cluster.local`. */
  domain: string;
  records: DnsRecords;
  /** The host's resolv.conf: who is asked about other zones. */
  resolvConf: string;
  clock: Clock;
  random?: Random;
  logger: Logger;
  registry: Registry;
}

/** Clients that keep connections for later must not use up the few there are. */
const TCP_IDLE_MS = 10_000;
/** Of one address. Beyond them new ones are closed at once (net.Server.maxConnections). */
const TCP_CONNECTIONS = 256;

/** The node-local DNS server: UDP and TCP. */
export function createClusterDns(options: ClusterDnsOptions): ClusterDns {
  return new DnsServer(options);
}

class DnsServer implements ClusterDns {
  /** One an address. */
  private listeners: { udp: UdpSocket; tcp: Server }[] = [];
  private readonly connections = new Set<Socket>();
  private readonly cache: WireCache;
  private readonly responder: Responder;
  /** Requests since the metrics were last read: a labelled counter costs more than an answer that is there. */
  private readonly tallies = new Map<string, { labels: Record<'proto' | 'type' | 'rcode', string>; count: number }>();
  private readonly duration: Histogram;

  constructor(private readonly options: ClusterDnsOptions) {
    const { domain, addresses, records, resolvConf, clock, registry, random = systemRandom } = options;
    this.cache = new WireCache(records);
    const upstream = new Upstream({ resolvConf, ownAddresses: addresses, clock, random });
    const { cache } = this;
    const zone = { domain: domain.toLowerCase().replace(/\.$/, ''), addresses, records: cache.records };
    this.responder = new Responder((name, type) => answerFrom(zone, name, type), upstream, { random, cache });
    const { tallies } = this;
    new Counter({
      name: 'berth_dns_requests_total',
      help: 'DNS requests by transport, type and response code.',
      labelNames: ['proto', 'type', 'rcode'],
      registers: [registry],
      collect() {
        for (const tally of tallies.values()) {
          if (tally.count > 0) this.inc(tally.labels, tally.count);
          tally.count = 0;
        }
      },
    });
    this.duration = new Histogram({
      name: 'berth_dns_request_duration_seconds',
      help: 'Time from a DNS request to its response.',
      labelNames: ['proto'],
      buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 4],
      registers: [registry],
    });
  }

  /** Resolves when UDP and TCP serve at every address. Rejects when an address is not on this machine or its port is taken. */
  async start(): Promise<void> {
    for (const address of this.options.addresses) await this.listen(address);
  }

  private async listen(address: string): Promise<void> {
    const { port = 53, logger } = this.options;
    const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const tcp = createServer((socket) => this.serve(socket));
    this.listeners.push({ udp, tcp });
    udp.bind(port, address);
    await once(udp, 'listening');
    udp.on('error', (err) => logger.warn({ err }, 'dns udp socket'));
    udp.on('message', (message, { address: from, port: fromPort }) => {
      this.answer(message, 'udp', (response) => udp.send(response, fromPort, from, () => undefined)); // a lost answer is asked for again
    });
    tcp.maxConnections = TCP_CONNECTIONS;
    tcp.listen(udp.address().port, address);
    await once(tcp, 'listening');
    tcp.on('error', (err) => logger.warn({ err }, 'dns tcp socket'));
    logger.info({ address, port: udp.address().port }, 'cluster dns serving');
  }

  /** Answers that are still being looked for are not sent any more. */
  async stop(): Promise<void> {
    const { listeners } = this;
    this.listeners = [];
    for (const socket of this.connections) socket.destroy();
    await Promise.all(
      listeners.flatMap(({ udp, tcp }) => [
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]),
    );
  }

  private serve(socket: Socket): void {
    this.connections.add(socket);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('close', () => this.connections.delete(socket));
    socket.on('error', () => socket.destroy()); // the client went away
    framesOf(socket, (message) => this.answer(message, 'tcp', (response) => !socket.destroyed && socket.write(frame(response))));
  }

  private answer(message: Buffer, proto: Transport, send: (response: Buffer) => void): void {
    const { clock, logger } = this.options;
    const started = clock.monotonicMs();
    const answered = (answer: CachedAnswer): void => {
      send(answer.response);
      this.tally(proto, answer);
      this.duration.observe({ proto }, (clock.monotonicMs() - started) / 1000);
    };
    const known = proto === 'udp' ? this.cache.get(message) : undefined;
    if (known) return answered(known);
    // Copied: a TCP message is a view of a chunk that may be written over while upstream is asked.
    this.responder
      .respond(Buffer.from(message), proto)
      .then((answer) => {
        if (answer && this.listeners.length > 0) answered(answer);
      })
      .catch((err: unknown) => logger.error({ err }, 'dns request failed'));
  }

  private tally(proto: Transport, { type, rcode }: CachedAnswer): void {
    const labels = { proto, type: counted.has(type) ? type : 'other', rcode: rcodes[rcode] ?? 'other' };
    const key = `${proto} ${labels.type} ${labels.rcode}`;
    const tally = this.tallies.get(key);
    if (tally) tally.count++;
    else this.tallies.set(key, { labels, count: 1 });
  }
}

/** Clients choose the type: only the usual ones become a label. */
const counted = new Set(['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'MX', 'NS', 'SOA', 'HTTPS']);
const rcodes: Record<number, string> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  16: 'BADVERS',
};
