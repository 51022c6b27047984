import fc from 'fast-check';
import type { IngressState } from '../contract.ts';
import { proxyFiles, type ProxySettings } from './config.ts';

const settings: ProxySettings & { generation: string } = {
  directory: '/d',
  addresses: ['192.0.2.1', '2001:db8::1'],
  httpPort: 80,
  httpsPort: 443,
  trustedProxies: [],
  threads: 1,
  generation: 'g',
};

/** What a hostile user would try to write into a file of lines and words. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'a\nbackend x',
    'a\r\nglobal',
    'a b',
    "a' b",
    'a" b',
    'a\\',
    'a#b',
    'a\0b',
    '${HOME}',
    '%[env(HOME)]',
    '*',
    'a.example.com\n',
    'a_b\n',
    '/x\n*/ other',
    '/x y',
    '.*',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\nset server x/s0 state maint',
  ),
);
const good = { host: fc.constantFrom('a.example.com', '*.example.com', '*'), name: fc.constantFrom('ns_s_80', 'ns_t_80_s') };
const state: fc.Arbitrary<IngressState> = fc.record({
  routes: fc.array(
    fc.record({
      host: fc.oneof(good.host, hostile),
      path: fc.oneof(fc.constant('/x'), hostile),
      match: fc.constantFrom('exact', 'prefix'),
      backend: fc.oneof(good.name, hostile),
    }),
    { maxLength: 6 },
  ),
  backends: fc.uniqueArray(
    fc.record({
      name: fc.oneof(good.name, hostile),
      endpoints: fc.array(fc.record({ ip: fc.oneof(fc.ipV4(), hostile), port: fc.integer({ min: 1, max: 65535 }) }), { maxLength: 3 }),
      protocol: fc.constantFrom('http', 'h2c', 'https'),
      affinity: fc.boolean(),
      redirectsToTls: fc.boolean(),
    }),
    { maxLength: 4, selector: ({ name }) => name },
  ),
  certificates: fc.array(
    fc.record({ hosts: fc.array(fc.oneof(good.host, hostile), { maxLength: 3 }), certificate: hostile, key: hostile }),
    { maxLength: 3 },
  ),
});

/** Each line of the configuration is one of these, whatever the state is. */
const sections = /^(global|defaults|frontend (metrics|ingress)|backend [A-Za-z0-9_-]+)$/;
const server = /^ {2}server s\d+ ([\d.]+|\[[\da-f:.]+\]):\d+( proto h2| ssl verify none alpn h2,http\/1\.1)?( disabled)?$/;
const backends = [true, false].map((affinity) => ({ name: 'x', endpoints: [], protocol: 'http' as const, affinity, redirectsToTls: true }));
const everyRoute = ['h', '*.h', '*'].flatMap((host) =>
  (['exact', 'prefix'] as const).map((match) => ({ host, path: '/', match, backend: 'x' })),
);
/** Which look-ups there are follows from the kinds of routes that there are. */
const known = new Set(
  Array.from({ length: 2 ** everyRoute.length }, (_none, chosen) => everyRoute.filter((_route, i) => chosen & (1 << i))).flatMap((routes) =>
    proxyFiles({ routes, backends, certificates: [] }, new Map(), settings).texts.get('haproxy.cfg')!.split('\n'),
  ),
);

it('nothing that a user writes says anything to the proxy but what it serves', () => {
  fc.assert(
    fc.property(state, (given) => {
      const slots = new Map(given.backends.map(({ name, endpoints }) => [name, endpoints]));
      const { texts, pems } = proxyFiles(given, slots, settings);
      const lines = texts.get('haproxy.cfg')!.split('\n');
      expect(lines.filter((line) => !known.has(line) && !sections.test(line) && !server.test(line))).toEqual([]);
      const names = new Set(lines.flatMap((line) => /^backend (.*)$/.exec(line)?.[1] ?? []));
      for (const name of ['exact.map', 'prefix.map']) {
        const entries = texts.get(name)!.split('\n').slice(0, -1);
        expect(entries.filter((line) => !/^(\*|(\*\.)?[a-z0-9][-a-z0-9.]*)[!-~]* [A-Za-z0-9_-]+$/.test(line))).toEqual([]);
        expect(entries.filter((line) => !names.has(line.split(' ')[1]!))).toEqual([]);
      }
      const list = texts.get('certificates')!.split('\n').slice(0, -1);
      expect(list.filter((line) => !/^\/d\/[0-9a-f]{20}\.pem( (\*|(\*\.)?[a-z0-9][-a-z0-9.]*))*$/.test(line))).toEqual([]);
      for (const pem of pems.values())
        expect(pem).toMatch(/^(-----BEGIN [A-Z0-9 ]+-----\n([A-Za-z0-9+/=]+\n)+-----END [A-Z0-9 ]+-----\n)*$/);
    }),
  );
});
