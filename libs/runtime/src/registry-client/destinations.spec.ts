import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { type DestinationRules, Destinations, type Trust } from './destinations.ts';
import type { Endpoint } from './endpoints.ts';

const guarded = ['10.89.0.0/24', '10.244.0.0/16', 'fd00:10::/64'];
const named = (url: string): Endpoint => ({ url, configured: false });
const registry = named('https://registry.test');

/** What the whole check says of a URL: the trust, or why not. */
function verdict(
  url: string,
  { endpoint = registry, from, rules = { guarded } }: { endpoint?: Endpoint; from?: string; rules?: DestinationRules } = {},
): string {
  const destinations = new Destinations(rules, () => ['192.0.2.7', 'fe80::7', '2001:db8::7']);
  try {
    const parsed = new URL(url);
    const trust = destinations.trust(parsed, { endpoint, ...(from && { from: new URL(from) }) });
    destinations.demandAddress(parsed, trust);
    return trust;
  } catch (err) {
    return (err as Error).message.replace(/^the registry sends us to \S*, which is refused: /, '');
  }
}

it.each<[url: string, want: string]>([
  ['https://registry.test/v2/', 'registry'],
  ['https://cdn.test/blob', 'foreign'],
  ['https://198.51.100.1/blob', 'foreign'],
  ['https://[2001:db8::1]/blob', 'foreign'],
  ['http://registry.test/v2/', 'it leads from HTTPS to HTTP'],
  ['http://cdn.test/blob', 'it leads from HTTPS to HTTP'],
  ['ftp://cdn.test/blob', "its scheme is 'ftp'"],
  ['file:///etc/shadow', "its scheme is 'file'"],
  ['https://127.0.0.1/', 'its address is loopback'],
  ['https://127.99.0.1:10250/', 'its address is loopback'],
  ['https://2130706433/', 'its address is loopback'],
  ['https://0x7f.1/', 'its address is loopback'],
  ['https://0/', 'its address is unspecified'],
  ['https://[::]/', 'its address is unspecified'],
  ['https://[::1]/', 'its address is loopback'],
  ['https://[::ffff:127.0.0.1]/', 'its address is loopback'],
  ['https://[64:ff9b::a9fe:a9fe]/', 'its address is link-local'],
  ['https://169.254.169.254/latest', 'its address is link-local'],
  ['https://[::a9fe:a9fe]/', 'its address is link-local'],
  ['https://[::127.0.0.1]/', 'its address is loopback'],
  ['https://[::ffff:0:127.0.0.1]/', 'its address is loopback'],
  ['https://[64:ff9b:1::10.89.0.1]/', 'its address belongs to the cluster'],
  ['https://[2002:7f00:1::]/', 'its address is loopback'],
  ['https://[2002:a59:1:2::3]/', 'its address belongs to the cluster'],
  ['https://[2002:c633:6401::]/', 'foreign'],
  ['https://[fec0::1]/', 'its address is link-local'],
  ['https://100.100.100.200/', "its address is a cloud's metadata"],
  ['https://168.63.129.16/', "its address is a cloud's metadata"],
  ['https://[fd00:ec2::254]/', "its address is a cloud's metadata"],
  ['https://[fe80::1]/', 'its address is link-local'],
  ['https://224.0.0.1/', 'its address is multicast or reserved'],
  ['https://255.255.255.255/', 'its address is multicast or reserved'],
  ['https://[ff02::1]/', 'its address is multicast'],
  ['https://10.89.0.1:6443/', 'its address belongs to the cluster'],
  ['https://[::ffff:10.89.0.1]/', 'its address belongs to the cluster'],
  ['https://10.244.3.4/', 'its address belongs to the cluster'],
  ['https://[fd00:10::9]/', 'its address belongs to the cluster'],
  ['https://192.0.2.7:10250/', 'its address belongs to the cluster'],
  ['https://[2001:db8::7]/', 'its address belongs to the cluster'],
])('%s, named by a registry: %s', (url, want) => {
  expect(verdict(url)).toBe(want);
});

it('lets a registry be where the user says that it is, but for what belongs to the machine alone', () => {
  const at = (url: string, configured = false): string => verdict(`${url}/v2/`, { endpoint: { url, configured } });
  expect(at('https://10.89.0.11:30500')).toBe('registry');
  expect(at('https://169.254.169.254')).toBe('its address is link-local');
  expect(at('http://127.0.0.1:5000')).toBe('any');
  expect(at('http://localhost:5000')).toBe('any');
  expect(at('http://10.89.0.1:5000', true)).toBe('any');
  expect(verdict('http://127.0.0.1:6000/', { endpoint: named('http://127.0.0.1:5000') })).toBe('its address is loopback');
});

it('never goes back from HTTPS to HTTP, also from one redirect to the next', () => {
  const endpoint = { url: 'http://10.89.0.1:5000', configured: true };
  expect(verdict('http://cdn.test/', { endpoint })).toBe('foreign');
  expect(verdict('http://cdn.test/', { endpoint, from: 'https://cdn.test/' })).toBe('it leads from HTTPS to HTTP');
});

it.each<[allowed: string, url: string, want: string]>([
  ['127.0.0.1:9000', 'http://127.0.0.1:9000/', 'any'],
  ['127.0.0.1:9000', 'https://127.0.0.1:9001/', 'its address is loopback'],
  ['cdn.test', 'http://cdn.test:81/', 'any'],
  ['cdn.test:443', 'https://cdn.test/', 'any'],
  ['cdn.test:80', 'https://cdn.test/', 'foreign'],
  ['10.89.0.0/16', 'https://10.89.0.1/', 'foreign'],
  ['::1', 'https://[::1]/', 'foreign'],
])('what is allowed is right: %s, %s → %s', (allowed, url, want) => {
  expect(verdict(url, { rules: { guarded, allowed: [allowed] } })).toBe(want);
});

describe('a name', () => {
  const answers = async (addresses: string[], trust: Trust, all = true): Promise<unknown> => {
    const found = addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
    const resolve = (_name: string, _options: LookupAllOptions, done: (err: null, found: LookupAddress[]) => void): void =>
      done(null, found);
    const lookup = new Destinations({ guarded }, () => [], resolve as never).lookupFor(trust);
    return new Promise((answer, reject) =>
      lookup('rebound.test', { all }, (err, address, family) => (err ? reject(err) : answer(all ? address : [address, family]))),
    );
  };

  it.each<[addresses: string[], trust: Trust]>([
    [['127.0.0.1'], 'registry'],
    [['127.0.0.1'], 'foreign'],
    [['198.51.100.1', '169.254.169.254'], 'foreign'],
    [['::ffff:169.254.169.254'], 'registry'],
    [['10.89.0.1'], 'foreign'],
  ])('that resolves to %j is not connected to (%s)', async (addresses, trust) => {
    await expect(answers(addresses, trust)).rejects.toMatchObject({ code: 'destination-refused' });
  });

  it('that resolves to what is right is connected to where it resolved to', async () => {
    expect(await answers(['198.51.100.1', '2001:db8::1'], 'foreign')).toEqual([
      { address: '198.51.100.1', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
    expect(await answers(['10.89.0.1'], 'registry', false)).toEqual(['10.89.0.1', 4]);
  });
});

it('shows a password to no other host in the clear', () => {
  const destinations = new Destinations({ allowed: ['tokens.test:80'] });
  const shown = (url: string, endpoint: Endpoint): void => destinations.demandSecret(new URL(url), endpoint);
  const plain = named('http://127.0.0.1:5000');
  expect(() => shown('http://other.test/token', plain)).toThrow('credentials are not sent to another host over plain HTTP');
  expect(() => shown('http://127.0.0.1:5000/token', plain)).not.toThrow();
  expect(() => shown('https://auth.test/token', registry)).not.toThrow();
  expect(() => shown('http://tokens.test/token', plain)).not.toThrow();
});

it('names a network that is none', () => {
  expect(() => new Destinations({ guarded: ['cluster'] })).toThrow('cluster is no network such as 10.0.0.0/8');
  expect(() => new Destinations({ guarded: ['10.0.0.0/'] })).toThrow('10.0.0.0/ is no network');
  expect(() => new Destinations({ guarded: ['10.0.0.0/33'] })).toThrow('10.0.0.0/33 is no network');
});
