import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { systemRandom } from '#base';
import { loadCrypt } from '#pki';
import { ensureClusterFiles } from './cluster-files.ts';
import { defaultSettings } from './cluster-settings.ts';
import { layoutOf, nodesOf } from './layout.ts';
import { agentPart, controlPlaneParts } from './parts.ts';
import { ensureRegistryLogins, registryLoginsForPods } from './registry-logins.ts';

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
    const named = parts.flatMap(({ command, files = [] }) => [
      ...files,
      ...command.filter((word, i) => (command[i - 1] ?? '').endsWith('-file') && word.startsWith(home)),
    ]);
    expect(named.length).toBeGreaterThan(15);
    const present = await filesBelow(home);
    // What the kernel has, such as the network of the machine, is there.
    expect(named.filter((path) => !path.startsWith('/proc/self/') && !present.includes(path))).toEqual([]);
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

describe('the logins of the registry', () => {
  const settings = { ...defaultSettings, portOffset: 7 };
  const auths = async (): Promise<Record<string, { auth: string }>> => JSON.parse(await readFile(join(home, 'auth.json'), 'utf8')).auths;
  const ensure = (): Promise<void> => ensureClusterFiles(layoutOf(home), settings, now);

  it('are there for both names, for their owner only, and as docker looks for them', async () => {
    await ensure();
    const made = await auths();
    expect(Object.keys(made)).toEqual(['localhost:5007', 'registry.berth.local:5007']);
    expect(made['localhost:5007']).toEqual(made['registry.berth.local:5007']);
    expect(Buffer.from(made['localhost:5007']!.auth, 'base64').toString()).toMatch(/^berth:[\w-]{32}$/);
    expect((await stat(join(home, 'auth.json'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(home, 'config.json'), 'utf8')).toBe(await readFile(join(home, 'auth.json'), 'utf8'));
  });

  it('are what the registry knows, which has no password in its own file', async () => {
    await ensure();
    const [, password = ''] = Buffer.from((await auths())['localhost:5007']!.auth, 'base64')
      .toString()
      .split(':');
    const line = (await readFile(layoutOf(home).registryPasswords, 'utf8')).trim();
    expect(line).not.toContain(password);
    const hash = line.replace(/^berth:/, '');
    expect(await (await loadCrypt())(password, hash)).toBe(hash);
  });

  it('stay, with what others have added to them', async () => {
    await ensure();
    const first = await auths();
    const other = { auths: { 'ghcr.io': { auth: 'eDp5' }, 'localhost:5007': first['localhost:5007'] }, credHelpers: { 'ecr.test': 'x' } };
    await writeFile(join(home, 'auth.json'), JSON.stringify(other));
    const passwords = layoutOf(home).registryPasswords;
    await writeFile(passwords, `ann:$2y$05$x\n${await readFile(passwords, 'utf8')}`);
    const hashes = await readFile(passwords, 'utf8');
    await ensure();
    expect(JSON.parse(await readFile(join(home, 'auth.json'), 'utf8'))).toEqual({
      ...other,
      auths: { ...first, 'ghcr.io': { auth: 'eDp5' } },
    });
    expect(await readFile(passwords, 'utf8')).toBe(hashes);
  });

  it('are made anew where the file was deleted, and the registry then knows the new one', async () => {
    await ensure();
    const [before, hashes] = [await auths(), await readFile(layoutOf(home).registryPasswords, 'utf8')];
    await rm(join(home, 'auth.json'));
    await ensure();
    expect(await auths()).not.toEqual(before);
    expect(await readFile(layoutOf(home).registryPasswords, 'utf8')).not.toBe(hashes);
  });

  it.each(['{', '[]', 'null', '"x"'])('refuse a file that is %s and name it', async (text) => {
    await writeFile(join(home, 'auth.json'), text);
    await expect(ensureRegistryLogins(layoutOf(home), settings, systemRandom)).rejects.toThrow(
      `${join(home, 'auth.json')}, with the logins`,
    );
  });

  it('come with the address of the bridge for builders in pods', async () => {
    await expect(registryLoginsForPods(layoutOf(home), settings)).rejects.toThrow('"berth up" makes it');
    await ensure();
    const names = ['localhost:5007', 'registry.berth.local:5007', '10.89.0.1:5007'];
    expect(Object.keys(JSON.parse(await registryLoginsForPods(layoutOf(home), settings)).auths)).toEqual(names);
  });
});
