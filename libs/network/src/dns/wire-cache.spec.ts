import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { seededRandom } from '#base/testing';
import type { DnsRecords, DnsService } from '../contract.ts';
import { Responder } from './responder.ts';
import { WireCache } from './wire-cache.ts';
import { answerFrom } from './zone.ts';

/** A name server over services that may change, and how often it had to look. */
function server() {
  const services = new Map<string, DnsService>();
  const listeners: ((namespace: string) => void)[] = [];
  let looked = 0;
  const records: DnsRecords = {
    service: (namespace, name) => (looked++, services.get(`${namespace}/${name}`)),
    namespaceExists: (namespace) => namespace === 'a' || namespace === 'b',
    reverse: (ip) => (
      looked++, [...services].find(([, { clusterIps }]) => clusterIps.includes(ip))?.[0].replace(/(.*)\/(.*)/, '$2.$1.svc')
    ),
    onChange: (listener) => (listeners.push(listener), () => undefined),
  };
  const cache = new WireCache(records);
  const zone = { domain: 'cluster.local', addresses: ['10.96.0.10'], records: cache.records };
  const upstream = { ask: async () => undefined };
  const responder = new Responder((name, type) => answerFrom(zone, name, type), upstream, { random: seededRandom(1), cache });
  const put = (name: string, service: Partial<DnsService>): void => {
    services.set(name, { clusterIps: [], headless: false, ports: [], endpoints: [], ...service });
    for (const listener of listeners) listener(name.split('/')[0]!);
  };
  const ask = async (name: string, { type = 'A', id = 7, edns = 0 } = {}) => {
    const additionals = edns ? [{ name: '.', type: 'OPT', udpPayloadSize: edns, flags: 0, options: [] } as never] : [];
    const request = encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [{ name, type, class: 'IN' }], additionals });
    const before = looked;
    const bytes = cache.get(request)?.response ?? (await responder.respond(request, 'udp'))!.response;
    const { answers, rcode, questions, ...rest } = decode(bytes);
    return { ...rest, rcode, bytes, ips: answers.map(({ data }) => String(data)), question: questions[0]!.name, hit: looked === before };
  };
  return { put, ask, cache };
}

describe('answers kept as bytes', () => {
  it('are those that would be made, with the id of each question', async () => {
    const { put, ask } = server();
    put('a/web', { clusterIps: ['10.96.0.5'] });
    const [first, second] = [await ask('web.a.svc.cluster.local'), await ask('web.a.svc.cluster.local', { id: 0xbeef })];
    expect([first.hit, second.hit, second.id]).toEqual([false, true, 0xbeef]);
    expect(second.bytes.subarray(2)).toEqual(first.bytes.subarray(2));
  });

  it('are of the same letters, type and size of answer only', async () => {
    const { put, ask } = server();
    put('a/web', { clusterIps: ['10.96.0.5'] });
    await ask('web.a.svc.cluster.local');
    expect(await ask('WEB.a.svc.cluster.local')).toMatchObject({ hit: false, question: 'WEB.a.svc.cluster.local', ips: ['10.96.0.5'] });
    expect(await ask('web.a.svc.cluster.local', { type: 'AAAA' })).toMatchObject({ hit: false, ips: [] });
    expect(await ask('web.a.svc.cluster.local', { edns: 1232 })).toMatchObject({ hit: false, additionals: [{ type: 'OPT' }] });
    expect(await ask('web.a.svc.cluster.local', { edns: 1232 })).toMatchObject({ hit: true, additionals: [{ type: 'OPT' }] });
  });

  it('hold until something changes that they were made of', async () => {
    const { put, ask } = server();
    put('a/web', { clusterIps: ['10.96.0.5'] });
    await ask('web.a.svc.cluster.local');
    await ask('google.com.b.svc.cluster.local');
    await ask('5.0.96.10.in-addr.arpa', { type: 'PTR' });
    put('b/other', { clusterIps: ['10.96.0.6'] });
    expect(await ask('web.a.svc.cluster.local')).toMatchObject({ hit: true, ips: ['10.96.0.5'] });
    put('a/web', { clusterIps: ['10.96.0.7'] });
    expect(await ask('web.a.svc.cluster.local')).toMatchObject({ hit: false, ips: ['10.96.0.7'] });
    expect(await ask('web.a.svc.cluster.local')).toMatchObject({ hit: true, ips: ['10.96.0.7'] });
    expect(await ask('5.0.96.10.in-addr.arpa', { type: 'PTR' })).toMatchObject({ rcode: 'SERVFAIL' }); // nobody's now, and upstream is silent
  });

  it('say as well that there is nothing, until there is', async () => {
    const { put, ask } = server();
    for (const name of [
      'google.com.a.svc.cluster.local',
      'google.com.svc.cluster.local',
      'google.com.cluster.local',
      'web.a.svc.cluster.local',
    ]) {
      expect((await ask(name)).rcode).toBe('NXDOMAIN');
      expect(await ask(name)).toMatchObject({ rcode: 'NXDOMAIN', hit: true });
    }
    put('a/web', { clusterIps: ['10.96.0.5'] });
    expect((await ask('web.a.svc.cluster.local')).ips).toEqual(['10.96.0.5']);
  });

  it('come in several orders where they have several addresses', async () => {
    const { put, ask } = server();
    put('a/db', { headless: true, endpoints: [1, 2, 3, 4, 5, 6].map((i) => ({ ip: `10.244.0.${i}`, ports: [] })) });
    const all = [];
    for (let i = 0; i < 24; i++) all.push(await ask('db.a.svc.cluster.local'));
    expect(all.slice(8).every(({ hit }) => hit)).toBe(true);
    expect(new Set(all.slice(8).map(({ ips }) => ips[0])).size).toBeGreaterThan(2);
    for (const { ips } of all) expect(new Set(ips).size).toBe(6);
  });

  it('that are cut short are cut for who asked', async () => {
    const { put, ask } = server();
    put('a/db', { headless: true, endpoints: Array.from({ length: 100 }, (_, i) => ({ ip: `10.244.0.${i}`, ports: [] })) });
    for (let i = 0; i < 10; i++) await ask('db.a.svc.cluster.local', { edns: 4096 });
    for (let i = 0; i < 10; i++) expect(await ask('db.a.svc.cluster.local')).toMatchObject({ flag_tc: true });
    expect((await ask('db.a.svc.cluster.local', { edns: 4096 })).ips).toHaveLength(100);
  });

  it('are bounded however many names are asked, and those that are asked often stay', async () => {
    const { put, ask, cache } = server();
    put('a/web', { clusterIps: ['10.96.0.5'] });
    let lost = 0;
    for (let i = 0; i < 30_000; i++) {
      await ask(`x${i}.a.svc.cluster.local`);
      if (i % 100 === 0 && !(await ask('web.a.svc.cluster.local')).hit && i > 0) lost++;
    }
    expect(cache.bytes).toBeLessThan(4.5 * 1024 * 1024);
    expect(lost).toBe(0);
  }, 60_000);
});
