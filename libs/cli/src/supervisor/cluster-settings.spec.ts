import { addressIn, defaultSettings, mergeSettings, settingsFrom, UsageError } from './cluster-settings.ts';

describe('cluster settings', () => {
  it('takes flags before the environment before the defaults', () => {
    const given = settingsFrom({ name: 'flag' }, { BERTH_NAME: 'env', BERTH_PORT_OFFSET: '100' });
    expect(mergeSettings(undefined, given)).toEqual({ ...defaultSettings, name: 'flag', portOffset: 100 });
  });

  it.each([
    [{ name: 'Berth' }, '--name Berth: must be 1 to 8 lower-case letters and digits, starting with a letter'],
    [{ name: 'muchtoolong' }, '--name muchtoolong: must be 1 to 8 lower-case letters and digits, starting with a letter'],
    [{ nodes: '0' }, '--nodes 0: must be a whole number from 1 to 200'],
    [{ nodes: '2.5' }, '--nodes 2.5: must be a whole number from 1 to 200'],
    [{ 'port-offset': '-1' }, '--port-offset -1: must be a whole number from 0 to 50000'],
    [{ 'node-monitor-grace-period': '5s' }, '--node-monitor-grace-period 5s: must be from 15s to 3600s'],
    [{ 'image-limits': 'layer=0' }, '--image-limits layer=0: must be such as layer=64Gi,image=128Gi,entries=1000000'],
    [{ 'node-cidr': '10.89.0.1/24' }, '--node-cidr 10.89.0.1/24: must be an IPv4 network such as 10.89.0.0/24'],
    [{ 'pod-cidr': 'fd00::/64' }, '--pod-cidr fd00::/64: must be an IPv4 network such as 10.89.0.0/24'],
  ])('refuses %j and names the flag', (flags, message) => {
    expect(() => settingsFrom(flags, {})).toThrow(new UsageError(message));
  });

  it('brings an existing cluster back as it was, and does not take other values for it', () => {
    const existing = { ...defaultSettings, nodes: 5 };
    expect(mergeSettings(existing, {})).toEqual(existing);
    expect(mergeSettings(existing, { nodes: 5 })).toEqual(existing);
    expect(() => mergeSettings(existing, { nodes: 3 })).toThrow(/made with nodes 5, not 3: remove it with "berth down --purge"/);
  });

  it('lets the patience with silent nodes be changed', () => {
    const given = settingsFrom({}, { BERTH_NODE_MONITOR_GRACE_PERIOD: '20s' });
    expect(mergeSettings(defaultSettings, given)).toEqual({ ...defaultSettings, nodeMonitorGracePeriod: '20s' });
  });

  it('lets the rules for images be changed', () => {
    const given = settingsFrom({ 'image-limits': 'layer=1Gi,entries=5' }, { BERTH_IMAGE_PULL_ALLOWED: 'minio.test:9000,10.1.0.0/16' });
    expect(mergeSettings(defaultSettings, given)).toMatchObject({
      imageLimits: 'layer=1Gi,entries=5',
      imagePullAllowed: 'minio.test:9000,10.1.0.0/16',
    });
  });

  it('counts addresses across octets', () => {
    expect([addressIn('10.96.0.0/16', 1), addressIn('10.96.0.0/16', 256), addressIn('10.89.0.0/24', 11)]).toEqual([
      '10.96.0.1',
      '10.96.1.0',
      '10.89.0.11',
    ]);
  });
});
