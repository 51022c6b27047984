import { engineLayout, engineSettingsFrom, defaultEngine, mergeEngine } from './engine-settings.ts';

const refusals: { name: string; flags: Record<string, string | string[]>; want: string }[] = [
  { name: 'a name that interfaces cannot carry', flags: { name: 'Too-Long-Name' }, want: '--name Too-Long-Name: must be 1 to 8' },
  { name: 'a network that is none', flags: { cidr: '10.0.0.1/16' }, want: '--cidr 10.0.0.1/16: must be an IPv4 network' },
  { name: 'a network of another family', flags: { cidr: 'fd00::/64' }, want: '--cidr fd00::/64: must be an IPv4 network' },
  { name: 'a network for nobody', flags: { cidr: '10.0.0.0/31' }, want: '--cidr 10.0.0.0/31: must be an IPv4 network' },
  { name: 'names for addresses', flags: { dns: 'dns.example' }, want: '--dns dns.example: must be addresses' },
  {
    name: 'a mirror without a host',
    flags: { registryMirror: ['http://m:5000'] },
    want: '--registry-mirror http://m:5000: must be HOST=URL',
  },
  { name: 'limits of nothing', flags: { imageLimits: 'size=3' }, want: '--image-limits size=3: must be such as' },
];

describe('the settings of an engine without a cluster', () => {
  it.each(refusals)('refuses $name', ({ flags, want }) => {
    expect(() => engineSettingsFrom(flags, {})).toThrow(want);
  });

  it('takes flags before variables, and both before what is kept', () => {
    const env = { BERTH_ENGINE_CIDR: '10.1.0.0/16', BERTH_ENGINE_IMAGE_PULL_ALLOWED: 'a.example', BERTH_HOME: '/elsewhere' };
    const given = engineSettingsFrom({ cidr: '10.2.0.0/16', socket: '/run/x.sock' }, env);
    expect(given).toEqual({ cidr: '10.2.0.0/16', socket: '/run/x.sock', imagePullAllowed: 'a.example' });
    expect(mergeEngine(undefined, given)).toEqual({ ...defaultEngine, ...given });
  });

  it('keeps name and network for good, and changes the rest', () => {
    expect(() => mergeEngine(defaultEngine, { cidr: '10.2.0.0/16' })).toThrow(
      'this engine was made with cidr 172.31.0.0/16, not 10.2.0.0/16',
    );
    expect(() => mergeEngine(defaultEngine, { name: 'other' })).toThrow('this engine was made with name engine, not other');
    expect(mergeEngine({ ...defaultEngine, dns: '1.1.1.1' }, { imageLimits: 'layer=1Gi' })).toMatchObject({
      dns: '1.1.1.1',
      imageLimits: 'layer=1Gi',
    });
  });

  it('has its socket in its home unless told otherwise', () => {
    expect(engineLayout('/h', defaultEngine).socket).toBe('/h/docker.sock');
    expect(engineLayout('/h', { socket: '/run/x.sock' }).socket).toBe('/run/x.sock');
  });
});
