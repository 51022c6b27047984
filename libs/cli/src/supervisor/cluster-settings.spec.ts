import { defaultSettings, mergeSettings, podSecondsFrom, settingsFrom, UsageError } from './cluster-settings.ts';
import { layoutOf, nodesOf } from './layout.ts';
import { agentPart, controlPlaneParts } from './parts.ts';

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
    [{ 'node-share': '4/3' }, '--node-share 4/3: not a part of a whole, such as 1/3, 0.5 or 1'],
    [{ 'image-limits': 'layer=0' }, '--image-limits layer=0: must be such as layer=64Gi,image=128Gi,entries=1000000'],
  ])('refuses %j and names the flag', (flags, message) => {
    expect(() => settingsFrom(flags, {})).toThrow(new UsageError(message));
  });

  it('brings an existing cluster back as it was, and does not take other values for it', () => {
    const existing = { ...defaultSettings, nodes: 5 };
    expect(mergeSettings(existing, {})).toEqual(existing);
    expect(mergeSettings(existing, { nodes: 5 })).toEqual(existing);
    expect(mergeSettings(existing, { partFlags: { 'agent.x': '1' } }).partFlags).toEqual({ 'agent.x': '1' });
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

  it.each([
    [{}, '1/3'],
    [{ nodes: 5 }, '1/5'],
    [{ nodeShare: '1' }, '1'],
  ])('divides the machine among its nodes unless told otherwise: %j', (given, share) => {
    const settings = mergeSettings(undefined, given);
    const { command } = agentPart({ settings, layout: layoutOf('/h'), installation: '/i', nodeBinary: 'node' }, nodesOf(settings)[0]!);
    expect(command[command.indexOf('--machine-share') + 1]).toBe(share);
  });

  it('hands flags to parts, and knows which parts there are', () => {
    const partFlags = { 'agent.pod-max-pids': '1024', 'agent.eviction-hard': 'memory.available<1Gi,nodefs.available<5%' };
    const text = Object.entries(partFlags).map(([flag, value]) => `${flag}=${value}`);
    expect(settingsFrom({ set: text }, {})).toEqual({ partFlags });
    expect(settingsFrom({}, { BERTH_SET: text.join(' ') })).toEqual({ partFlags });
    for (const wrong of ['kubelet.pod-max-pids=1', 'agent.pod-max-pids', 'agent=1'])
      expect(() => settingsFrom({ set: [wrong] }, {})).toThrow(new RegExp(`--set ${wrong}: must be PART.FLAG=VALUE`));
    const input = { settings: { ...defaultSettings, partFlags }, layout: layoutOf('/h'), installation: '/i', nodeBinary: 'node' };
    const [node] = nodesOf(defaultSettings);
    expect(agentPart(input, node!).command.slice(-4)).toEqual(
      Object.entries(partFlags).flatMap(([key, value]) => [`--${key.slice(6)}`, value]),
    );
    expect(controlPlaneParts(input).flatMap(({ command }) => command)).not.toContain('--pod-max-pids');
  });

  it.each([
    [undefined, {}, 30],
    [undefined, { BERTH_GRACE_PERIOD: '5' }, 5],
    ['0', { BERTH_GRACE_PERIOD: '5' }, 0],
    ['45s', {}, 45],
    ['2m', {}, 120],
  ])('gives pods the time of %j and %j to end: %i s', (flag, env, seconds) => expect(podSecondsFrom(flag, env)).toBe(seconds));

  it.each(['', 'soon', '-1', '1h', '1.5s'])('refuses %j as a grace period', (text) =>
    expect(() => podSecondsFrom(text, {})).toThrow(`--grace-period ${text}: must be seconds, such as 30s, or minutes, such as 2m`),
  );
});
