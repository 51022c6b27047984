import { createSocket, type Socket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { connect } from 'node:net';
import { decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet';
import { Registry } from 'prom-client';
import { systemClock } from '#base';
import { seededRandom } from '#base/testing';
import { silentLogger } from '#telemetry';
import type { DnsRecords, DnsService } from '../contract.ts';
import { createClusterDns } from './cluster-dns.ts';
import { Responder } from './responder.ts';
import { framesOf, frame } from './tcp-frames.ts';
import { parseResolvConf } from './upstream.ts';
import { answerFrom } from './zone.ts';

const tcp = (name: string, port: number) => ({ name, protocol: 'TCP', port });
const services: Record<string, DnsService> = {
  'default/web': { clusterIps: ['10.96.0.5', 'fd00::5'], headless: false, ports: [tcp('http', 80), tcp('https', 443)], endpoints: [] },
  'default/db': {
    clusterIps: [],
    headless: true,
    ports: [tcp('pg', 5432)],
    endpoints: [
      { ip: '10.244.1.7', hostname: 'db-0', ports: [tcp('pg', 5432)] },
      { ip: '10.244.2.8', hostname: 'db-1', ports: [tcp('pg', 5432)] },
      { ip: '10.244.2.9', ports: [tcp('pg', 5432)] },
    ],
  },
  'default/idle': { clusterIps: [], headless: true, ports: [tcp('x', 1)], endpoints: [] },
  'default/out': { clusterIps: [], headless: false, externalName: 'example.org', ports: [], endpoints: [] },
  'default/in': { clusterIps: [], headless: false, externalName: 'web.default.svc.cluster.local', ports: [], endpoints: [] },
  'default/loop': { clusterIps: [], headless: false, externalName: 'loop.default.svc.cluster.local', ports: [], endpoints: [] },
  'default/many': {
    clusterIps: [],
    headless: true,
    ports: [],
    endpoints: Array.from({ length: 100 }, (_, i) => ({ ip: `10.244.3.${i + 1}`, ports: [] })),
  },
};
const records: DnsRecords = {
  service: (namespace, name) => services[`${namespace}/${name}`],
  namespaceExists: (namespace) => namespace === 'default' || namespace === 'kube-system',
  reverse: (ip) => ({ '10.96.0.5': 'web.default.svc', '10.244.1.7': 'db-0.db.default.svc', 'fd00::5': 'web.default.svc' })[ip],
};
const zone = { domain: 'cluster.local', addresses: ['10.96.0.10', 'fd00::a'], records };

const asked: Packet[] = [];
const upstream = {
  ask: async (query: Buffer): Promise<Buffer | undefined> => {
    const packet = decode(query);
    asked.push(packet);
    const [question] = packet.questions;
    if (question!.name === 'silent.org') return undefined;
    const answers = [{ name: question!.name, type: 'A', ttl: 60, data: '192.0.2.1' }];
    return encode({ type: 'response', id: packet.id, flags: 0x180, questions: packet.questions, answers });
  },
};
const responder = new Responder((name, type) => answerFrom(zone, name, type), upstream, { random: seededRandom(1) });

async function query(name: string, type = 'A', { edns = 0, transport = 'udp' as 'udp' | 'tcp' } = {}): Promise<Packet & { bytes: number }> {
  const additionals = edns ? [{ name: '.', type: 'OPT', udpPayloadSize: edns, flags: 0, options: [] } as never] : [];
  const request = encode({ type: 'query', id: 77, flags: RECURSION_DESIRED, questions: [{ name, type, class: 'IN' }], additionals });
  const answer = await responder.respond(request, transport);
  return { ...decode(answer!.response), bytes: answer!.response.length };
}
const shown = ({ answers }: Packet): string[] =>
  answers
    .map(({ type, data }) => `${type} ${typeof data === 'string' ? data : Array.isArray(data) ? data.join('') : JSON.stringify(data)}`)
    .toSorted((a, b) => (a < b ? -1 : 1));

describe('cluster DNS answers', () => {
  const srv = (port: number, target: string, weight = 100): string =>
    `SRV ${JSON.stringify({ priority: 0, weight, port, target: `${target}.default.svc.cluster.local` })}`;
  it.each<[string, string, string[]]>([
    ['web.default.svc.cluster.local', 'A', ['A 10.96.0.5']],
    ['WEB.Default.SVC.cluster.LOCAL', 'A', ['A 10.96.0.5']],
    ['web.default.svc.cluster.local', 'AAAA', ['AAAA fd00::5']],
    ['_http._tcp.web.default.svc.cluster.local', 'SRV', [srv(80, 'web')]],
    ['db.default.svc.cluster.local', 'A', ['A 10.244.1.7', 'A 10.244.2.8', 'A 10.244.2.9']],
    ['db-0.db.default.svc.cluster.local', 'A', ['A 10.244.1.7']],
    ['10-244-2-9.db.default.svc.cluster.local', 'A', ['A 10.244.2.9']],
    ['_pg._tcp.db.default.svc.cluster.local', 'SRV', [srv(5432, '10-244-2-9.db', 33), srv(5432, 'db-0.db', 33), srv(5432, 'db-1.db', 33)]],
    ['10-244-1-9.default.pod.cluster.local', 'A', ['A 10.244.1.9']],
    ['in.default.svc.cluster.local', 'A', ['A 10.96.0.5', 'CNAME web.default.svc.cluster.local']],
    ['out.default.svc.cluster.local', 'A', ['A 192.0.2.1', 'CNAME example.org']],
    ['out.default.svc.cluster.local', 'CNAME', ['CNAME example.org']],
    ['5.0.96.10.in-addr.arpa', 'PTR', ['PTR web.default.svc.cluster.local']],
    ['7.1.244.10.in-addr.arpa', 'PTR', ['PTR db-0.db.default.svc.cluster.local']],
    [`5.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, 'PTR', ['PTR web.default.svc.cluster.local']],
    ['dns-version.cluster.local', 'TXT', ['TXT 1.1.0']],
    ['ns.dns.cluster.local', 'A', ['A 10.96.0.10']],
    ['ns.dns.cluster.local', 'AAAA', ['AAAA fd00::a']],
  ])('%s %s', async (name, type, want) => {
    const response = await query(name, type);
    expect(shown(response)).toEqual(want);
    expect(response).toMatchObject({ id: 77, rcode: 'NOERROR', flag_aa: true, flag_rd: true, questions: [{ name, type }] });
  });

  it('gives the addresses of SRV targets along', async () => {
    const { additionals } = await query('_pg._tcp.db.default.svc.cluster.local', 'SRV', { edns: 1232 });
    expect(additionals.filter((a) => a.type === 'A').map((a) => a.name)).toContain('db-1.db.default.svc.cluster.local');
  });

  it.each([
    ['nodata', 'web.default.svc.cluster.local', 'TXT'],
    ['nodata', 'db.default.svc.cluster.local', 'AAAA'],
    ['nodata', '_tcp.web.default.svc.cluster.local', 'A'],
    ['nodata', '_http._tcp.web.default.svc.cluster.local', 'A'],
    ['nodata', 'default.svc.cluster.local', 'A'],
    ['nodata', 'svc.cluster.local', 'A'],
    ['nodata', 'cluster.local', 'A'],
    ['nodata', '5.0.96.10.in-addr.arpa', 'A'],
    ['nxdomain', 'none.default.svc.cluster.local', 'A'],
    ['nxdomain', 'web.none.svc.cluster.local', 'A'],
    ['nxdomain', 'idle.default.svc.cluster.local', 'A'],
    ['nxdomain', '_none._tcp.web.default.svc.cluster.local', 'SRV'],
    ['nxdomain', '_http._udp.web.default.svc.cluster.local', 'SRV'],
    ['nxdomain', 'db-9.db.default.svc.cluster.local', 'A'],
    ['nxdomain', 'a.web.default.svc.cluster.local', 'A'],
    ['nxdomain', '10-244-1-9.none.pod.cluster.local', 'A'],
    ['nxdomain', 'no-address.default.pod.cluster.local', 'A'],
    ['nxdomain', 'google.com.default.svc.cluster.local', 'A'],
    ['nxdomain', 'google.com.cluster.local', 'AAAA'],
  ])('%s for %s %s, with the SOA that says how long', async (kind, name, type) => {
    const response = await query(name, type);
    expect(response.rcode).toBe(kind === 'nodata' ? 'NOERROR' : 'NXDOMAIN');
    expect(response.answers).toEqual([]);
    expect(response.authorities).toEqual([
      expect.objectContaining({ type: 'SOA', name: 'cluster.local', data: expect.objectContaining({ minimum: 5 }) }),
    ]);
  });

  it('ends for an alias of itself', async () => {
    expect((await query('loop.default.svc.cluster.local')).rcode).toBe('NOERROR');
  });

  it('truncates over UDP to what the client takes, and not over TCP', async () => {
    const name = 'many.default.svc.cluster.local';
    const plain = await query(name);
    expect(plain.flag_tc).toBe(true);
    expect(plain.bytes).toBeLessThanOrEqual(512);
    expect(plain.answers.length).toBeGreaterThan(25);
    const large = await query(name, 'A', { edns: 1232 });
    expect(large).toMatchObject({ flag_tc: true, additionals: [{ type: 'OPT', udpPayloadSize: 1232 }] });
    expect(large.bytes).toBeLessThanOrEqual(1232);
    expect((await query(name, 'A', { edns: 4096 })).answers).toHaveLength(100);
    const full = await query(name, 'A', { transport: 'tcp' });
    expect([full.flag_tc, full.answers.length]).toEqual([false, 100]);
  });

  it('asks upstream about other names, and fails when nobody knows', async () => {
    expect(shown(await query('example.com'))).toEqual(['A 192.0.2.1']);
    expect((await query('silent.org')).rcode).toBe('SERVFAIL');
    expect(shown(await query('1.0.0.1.in-addr.arpa', 'PTR'))).toEqual(['A 192.0.2.1']);
  });

  it('refuses what it cannot answer, and keeps silent to answers and scraps', async () => {
    const request = encode({ type: 'query', id: 9, questions: [{ name: 'cluster.local', type: 'A', class: 'IN' }] });
    const rcode = async (change: (bytes: Buffer) => Buffer): Promise<number | undefined> =>
      (await responder.respond(change(Buffer.from(request)), 'udp'))?.rcode;
    const set = (index: number, value: number) => (bytes: Buffer) => (bytes.writeUInt8(value, index), bytes);
    expect(await rcode(set(2, 0x28))).toBe(4); // UPDATE
    expect(await rcode(set(5, 0))).toBe(1); // no question
    expect(await rcode((bytes) => bytes.subarray(0, 20))).toBe(1);
    expect(await rcode(set(request.length - 1, 3))).toBe(5); // class CHAOS
    expect(await rcode(set(2, 0x80))).toBeUndefined();
    expect(await rcode((bytes) => bytes.subarray(0, 5))).toBeUndefined();
  });
});

describe('the DNS server', () => {
  it('serves real resolvers over UDP and TCP, and passes on what it does not know', async () => {
    const port = await freePort();
    const server = createClusterDns({
      addresses: ['127.0.0.1'],
      port,
      domain: 'cluster.local.',
      records,
      resolvConf: '/nonexistent',
      clock: systemClock,
      logger: silentLogger,
      registry: new Registry(),
    });
    await server.start();
    try {
      const resolver = new dns.Resolver({ timeout: 25_000, tries: 1 });
      resolver.setServers([`127.0.0.1:${port}`]);
      expect(await resolver.resolve4('web.default.svc.cluster.local')).toEqual(['10.96.0.5']);
      expect(await resolver.resolve4('many.default.svc.cluster.local')).toHaveLength(100); // truncated, then over TCP
      expect(await resolver.resolveSrv('_http._tcp.web.default.svc.cluster.local')).toEqual([
        expect.objectContaining({ name: 'web.default.svc.cluster.local', port: 80, priority: 0, weight: 100 }),
      ]);
      expect(await resolver.reverse('10.96.0.5')).toEqual(['web.default.svc.cluster.local']);
      await expect(resolver.resolve4('none.default.svc.cluster.local')).rejects.toMatchObject({ code: 'ENOTFOUND' });
      await expect(resolver.resolve6('db.default.svc.cluster.local')).rejects.toMatchObject({ code: 'ENODATA' });
      await expect(resolver.resolve4('example.org')).rejects.toMatchObject({ code: 'ESERVFAIL' });
      expect(await pipelined(port, ['web', 'db'])).toEqual([1, 3]);
    } finally {
      await server.stop();
    }
  });

  it('reads the name servers of a resolv.conf', () => {
    expect(
      parseResolvConf('# x\nsearch a b\nnameserver 10.0.0.2\n nameserver  ::1 \noptions ndots:5\nnameserver 3\nnameserver 4\n'),
    ).toEqual(['10.0.0.2', '::1', '3']);
  });
});

async function freePort(): Promise<number> {
  const socket: Socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Several questions on one TCP connection; returns how many answers each got, in the order asked. */
async function pipelined(port: number, names: readonly string[]): Promise<number[]> {
  const socket = connect(port, '127.0.0.1');
  const got = new Map<number, number>();
  await new Promise<void>((resolve) => {
    framesOf(socket, (message) => {
      const packet = decode(message);
      got.set(packet.id, packet.answers.length);
      if (got.size === names.length) resolve();
    });
    for (const [id, name] of names.entries()) {
      socket.write(
        frame(encode({ type: 'query', id, questions: [{ name: `${name}.default.svc.cluster.local`, type: 'A', class: 'IN' }] })),
      );
    }
  });
  socket.destroy();
  return names.map((_, id) => got.get(id)!);
}
