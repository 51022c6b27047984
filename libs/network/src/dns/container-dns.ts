import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock, Random } from '#base';
import type { Logger } from '#telemetry';
import { CONTAINER_RESOLVER, type ContainerNames } from '../contract.ts';
import { ipv4, ipv6, ofFamily } from '../family.ts';
import { Responder } from './responder.ts';
import { frame, framesOf } from './tcp-frames.ts';
import { type Transport, Upstream } from './upstream.ts';
import { addressOfReverse, type Answer, Rcode } from './zone.ts';

export interface ContainerDnsOptions {
  /** Undefined while nobody knows any: then nothing is answered. */
  names: () => ContainerNames | undefined;
  /** The node's resolv.conf. */
  resolvConf: string;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** As Docker's. */
const TTL_SECONDS = 600;
const TCP_IDLE_MS = 10_000;
const TCP_CONNECTIONS = 256;

/** The resolver of containers: names of those that a client shares a network with, and for everything else whoever knows. */
export class ContainerDns {
  private readonly connections = new Set<Socket>();

  private constructor(
    private readonly options: ContainerDnsOptions,
    private readonly upstream: Upstream,
    private readonly udp: UdpSocket,
    private readonly tcp: Server,
  ) {}

  /** Resolves when UDP and TCP serve, at a port that is free: others of this machine may have the usual one, and rules lead there. */
  static async start(options: ContainerDnsOptions): Promise<ContainerDns> {
    const { resolvConf, clock, random, logger } = options;
    const upstream = new Upstream({ resolvConf, ownAddresses: [CONTAINER_RESOLVER], clock, random });
    const udp = createSocket('udp4');
    const tcp = createServer((socket) => dns.serve(socket));
    const dns = new ContainerDns(options, upstream, udp, tcp);
    udp.bind(0, CONTAINER_RESOLVER);
    await once(udp, 'listening');
    udp.on('error', (err) => logger.warn({ err }, 'udp socket of the containers’ resolver'));
    udp.on('message', (message, { address, port: from }) => {
      dns.answer(message, 'udp', address, (response) => udp.send(response, from, address, () => undefined)); // a lost answer is asked for again
    });
    tcp.maxConnections = TCP_CONNECTIONS;
    tcp.listen(udp.address().port, CONTAINER_RESOLVER);
    await once(tcp, 'listening');
    tcp.on('error', (err) => logger.warn({ err }, 'tcp socket of the containers’ resolver'));
    return dns;
  }

  get port(): number {
    return this.udp.address().port;
  }

  async stop(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    await Promise.all([
      new Promise<void>((resolve) => this.udp.close(() => resolve())),
      new Promise<void>((resolve) => this.tcp.close(() => resolve())),
    ]);
  }

  private serve(socket: Socket): void {
    const client = socket.remoteAddress ?? '';
    this.connections.add(socket);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('close', () => this.connections.delete(socket));
    socket.on('error', () => socket.destroy()); // the client went away
    framesOf(socket, (message) => this.answer(message, 'tcp', client, (response) => !socket.destroyed && socket.write(frame(response))));
  }

  private answer(message: Buffer, transport: Transport, client: string, send: (response: Buffer) => void): void {
    const { random, logger } = this.options;
    const names = this.options.names();
    if (!names) return;
    const servers = names.serversOf(client);
    const upstream = { ask: (query: Buffer, how: Transport) => this.upstream.ask(query, how, servers) };
    const responder = new Responder((name, type) => containerAnswer(names, client, name, type), upstream, { random });
    responder
      // Copied: a TCP message is a view of a chunk that may be written over while others are asked.
      .respond(Buffer.from(message), transport)
      .then((answer) => answer && send(answer.response))
      .catch((err: unknown) => logger.error({ err }, 'a question of a container failed'));
  }
}

/** A name that is known has nothing but its addresses: a question for others is answered with none. Undefined for what is not known. */
export function containerAnswer(names: ContainerNames, client: string, asked: string, type: string): Answer | undefined {
  const name = asked.toLowerCase().replace(/\.$/, '');
  const found = (answers: Answer['answers']): Answer => ({ rcode: Rcode.NoError, answers, authorities: [], additionals: [] });
  if (type === 'PTR') {
    const ip = addressOfReverse(name);
    const holder = ip === undefined ? undefined : names.nameOf(client, ip);
    return holder === undefined ? undefined : found([{ name: asked, ttl: TTL_SECONDS, type, data: `${holder}.` }]);
  }
  const ips = names.addressesOf(client, name);
  if (ips === undefined) return undefined;
  const family = type === 'A' ? ipv4 : type === 'AAAA' ? ipv6 : undefined;
  if (!family) return type === 'MX' || type === 'SRV' || type === 'TXT' ? undefined : found([]);
  return found(ips.filter(ofFamily(family)).map((data) => ({ name: asked, ttl: TTL_SECONDS, type: family === ipv4 ? 'A' : 'AAAA', data })));
}
