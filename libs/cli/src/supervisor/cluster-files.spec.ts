import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ensureClusterFiles } from './cluster-files.ts';
import { defaultSettings } from './cluster-settings.ts';
import { layoutOf, nodesOf } from './layout.ts';
import { agentPart, controlPlaneParts } from './parts.ts';

const now = new Date('2026-06-01T00:00:00Z');
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-files-'));
});
afterEach(() => rm(home, { recursive: true }));

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('the files of a cluster', () => {
  it('are all there that the parts are told to read', async () => {
    const layout = layoutOf(home);
    await ensureClusterFiles(layout, defaultSettings, now);
    const input = { settings: defaultSettings, layout, installation: '/opt/berth', nodeBinary: 'node' };
    const parts = [...controlPlaneParts(input), ...nodesOf(defaultSettings).map((node) => agentPart(input, node))];
    const named = parts.flatMap(({ command }) =>
      command.filter((word, i) => (command[i - 1] ?? '').endsWith('-file') && word.startsWith(home)),
    );
    expect(named.length).toBeGreaterThan(15);
    const present = await filesBelow(home);
    expect(named.filter((path) => !present.includes(path))).toEqual([]);
  });

  it('are for their owner only', async () => {
    await ensureClusterFiles(layoutOf(home), defaultSettings, now);
    for (const path of await filesBelow(home)) expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
  });

  it('stay as they are at the next start, and certificates are renewed before they end', async () => {
    const layout = layoutOf(home);
    const serial = async (): Promise<string> => new X509Certificate(await readFile(layout.certificate('scheduler'))).serialNumber;
    const secrets = (): Promise<string[]> =>
      Promise.all([layout.key('ca'), layout.sealKey, layout.redisPassword, layout.key('service-account')].map((p) => readFile(p, 'utf8')));
    await ensureClusterFiles(layout, defaultSettings, now);
    const [first, kept] = [await serial(), await secrets()];
    await ensureClusterFiles(layout, defaultSettings, new Date('2026-07-01T00:00:00Z'));
    expect(await serial()).toBe(first);
    await ensureClusterFiles(layout, defaultSettings, new Date('2027-05-15T00:00:00Z'));
    expect(await serial()).not.toBe(first);
    expect(await secrets()).toEqual(kept);
  });

  it('include a kubeconfig that a YAML 1.1 reader understands, whatever the name of the cluster', async () => {
    const layout = layoutOf(home);
    await ensureClusterFiles(layout, { ...defaultSettings, name: 'no' }, now);
    const config = parse(await readFile(layout.kubeconfig, 'utf8'), { version: '1.1' });
    expect([config['current-context'], config.clusters[0].name, config.contexts[0].context.cluster]).toEqual(['no', 'no', 'no']);
  });

  it('include a kubeconfig whose certificate the authority signed', async () => {
    const layout = layoutOf(home);
    await ensureClusterFiles(layout, { ...defaultSettings, portOffset: 7 }, now);
    const config = parse(await readFile(layout.kubeconfig, 'utf8'));
    expect(config.clusters[0].cluster.server).toBe('https://127.0.0.1:6450');
    const client = new X509Certificate(Buffer.from(config.users[0].user['client-certificate-data'], 'base64'));
    const ca = new X509Certificate(Buffer.from(config.clusters[0].cluster['certificate-authority-data'], 'base64'));
    expect(client.verify(ca.publicKey)).toBe(true);
    expect(client.subject).toContain('O=system:masters');
  });

  it('tell Redis to put every acknowledged write on disk and to evict nothing', async () => {
    const layout = layoutOf(home);
    await ensureClusterFiles(layout, defaultSettings, now);
    const lines = (await readFile(layout.redisConfig, 'utf8')).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['port 0', 'appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction', 'save ""']),
    );
  });
});
