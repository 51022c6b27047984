import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { connect, isIPv6 } from 'node:net';
import type { Clock, Random } from '#base';
import { framesOf, frame } from './tcp-frames.ts';

export type Transport = 'udp' | 'tcp';

export interface UpstreamOptions {
  /** A resolv.conf(5). Read again every few seconds: it may change under a long-lived server. */
  resolvConf: string;
  /** Our own addresses: asking ourselves would never end. */
  ownAddresses: readonly string[];
  clock: Clock;
  random: Random;
  /** Per server. */
  timeoutMs?: number;
}

/** Passes questions about other zones on to the host's resolvers, in their order, each with a time-out. */
export class Upstream {
  private servers: { names: readonly string[]; untilMs: number } = { names: [], untilMs: -1 };

  constructor(private readonly options: UpstreamOptions) {}

  /** The answer as it came, with the question's id; undefined when no server gave one. `servers`: those of the file unless told otherwise. */
  async ask(query: Buffer, transport: Transport, servers?: readonly string[]): Promise<Buffer | undefined> {
    for (const server of servers ?? (await this.nameservers())) {
      const answer = await this.askOne(query, transport, server).catch(() => undefined); // refused or unreachable: the next one
      if (answer) return answer;
    }
    return undefined;
  }

  private askOne(query: Buffer, transport: Transport, server: string): Promise<Buffer | undefined> {
    // A new id and a new port each time: what an attacker would have to guess (RFC 5452 §9).
    const id = this.options.random.below(0x10000);
    const sent = Buffer.from(query);
    sent.writeUInt16BE(id, 0);
    const accept = (answer: Buffer): Buffer | undefined => {
      // Another id, or no response: somebody else's packet. By UDP the right one may still come.
      if (answer.length < 12 || answer.readUInt16BE(0) !== id || (answer[2]! & 0x80) === 0) return undefined;
      const restored = Buffer.from(answer);
      query.copy(restored, 0, 0, 2);
      return restored;
    };
    return transport === 'udp' ? this.overUdp(sent, server, accept) : this.overTcp(sent, server, accept);
  }

  private overUdp(query: Buffer, server: string, accept: (answer: Buffer) => Buffer | undefined): Promise<Buffer | undefined> {
    const socket = createSocket(isIPv6(server) ? 'udp6' : 'udp4');
    return this.within((settle, fail) => {
      socket.on('error', fail);
      socket.on('message', (message) => {
        const answer = accept(message);
        if (answer) settle(answer);
      });
      // Connected: only that server's packets come in, and "port unreachable" comes back as an error.
      socket.connect(53, server, () => socket.send(query, (err) => err && fail(err)));
    }).finally(() => socket.close());
  }

  private overTcp(query: Buffer, server: string, accept: (answer: Buffer) => Buffer | undefined): Promise<Buffer | undefined> {
    const socket = connect(53, server, () => socket.write(frame(query)));
    return this.within((settle, fail) => {
      socket.on('error', fail);
      socket.on('close', () => settle(undefined));
      framesOf(socket, (message) => settle(accept(message)));
    }).finally(() => socket.destroy());
  }

  private within(start: (settle: (answer: Buffer | undefined) => void, fail: (err: Error) => void) => void): Promise<Buffer | undefined> {
    return new Promise<Buffer | undefined>((resolve, reject) => {
      const cancel = this.options.clock.after(this.options.timeoutMs ?? 2_000, () => resolve(undefined));
      const settled =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          cancel();
          then(value);
        };
      start(settled(resolve), settled(reject));
    });
  }

  private async nameservers(): Promise<readonly string[]> {
    const { clock, resolvConf, ownAddresses } = this.options;
    const now = clock.monotonicMs();
    if (now > this.servers.untilMs) {
      const text = await readFile(resolvConf, 'utf8').catch(() => ''); // no file: no resolver
      this.servers = { names: parseResolvConf(text).filter((ip) => !ownAddresses.includes(ip)), untilMs: now + 5_000 };
    }
    return this.servers.names;
  }
}

/** The name servers of a resolv.conf, at most three, as resolv.conf(5) has it. */
export function parseResolvConf(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .slice(0, 3);
}
