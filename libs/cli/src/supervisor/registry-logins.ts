import { readFile, symlink } from 'node:fs/promises';
import { type Random, systemRandom, writeFileAtomic, lookUp } from '#base';
import { bcryptSetting, loadCrypt } from '#pki';
import type { ClusterSettings } from './cluster-settings.ts';
import { bridgeOf, type Layout, portsOf } from './layout.ts';

/** containers-auth.json(5), which is Docker's `config.json` as well. Others may add logins and settings of theirs. */
interface AuthFile {
  auths?: Record<string, { auth?: string }>;
}

const user = 'berth';

/** The names under which this machine and the nodes know the cluster's registry. */
export function registryNames(settings: ClusterSettings): string[] {
  const { registry } = portsOf(settings);
  return [`localhost:${registry}`, `registry.berth.local:${registry}`];
}

/**
 * The login that the registry takes pushes with: `auth.json` for clients, and its hash for the registry. What is there is kept; a
 * password whose file was deleted is replaced by a new one.
 */
export async function ensureRegistryLogins(layout: Layout, settings: ClusterSettings, random: Random = systemRandom): Promise<void> {
  const file = await readAuthFile(layout.auth);
  const names = registryNames(settings);
  const known = names.map((name) => passwordOf(lookUp(file.auths, name)?.auth)).find((password) => password !== undefined);
  const password = known ?? random.bytes(24).toString('base64url');
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  if (!names.every((name) => lookUp(file.auths, name)?.auth === auth)) {
    const auths = { ...file.auths, ...Object.fromEntries(names.map((name) => [name, { ...lookUp(file.auths, name), auth }])) };
    await writeFileAtomic(layout.auth, `${JSON.stringify({ ...file, auths }, null, 2)}\n`);
  }
  await ensureHash(layout.registryPasswords, password, random);
  // `docker --config DIRECTORY` reads the file of this name in it.
  await symlink('auth.json', layout.dockerConfig).catch((err: NodeJS.ErrnoException) => {
    if (err.code !== 'EEXIST') throw err;
  });
}

/** The same for builders in the cluster, who reach the registry at the nodes' bridge. */
export async function registryLoginsForPods(layout: Layout, settings: ClusterSettings): Promise<string> {
  const { auths = {} } = await readAuthFile(layout.auth);
  const own = registryNames(settings).map((name) => [name, lookUp(auths, name)] as const);
  const login = own.find(([, entry]) => entry?.auth !== undefined)?.[1];
  if (!login) throw new Error(`${layout.auth} has no login for the cluster's registry: "berth up" makes it`);
  const names = [...registryNames(settings), `${bridgeOf(settings).address}:${portsOf(settings).registry}`];
  return JSON.stringify({ auths: Object.fromEntries(names.map((name) => [name, { auth: login.auth }])) });
}

async function readAuthFile(path: string): Promise<AuthFile> {
  const text = await readIfThere(path);
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as AuthFile;
  } catch (err) {
    throw new Error(`${path}, with the logins of the registry, is not JSON: mend it, or delete it and a new one is made`, { cause: err });
  }
  throw new Error(`${path}, with the logins of the registry, is no JSON object: mend it, or delete it and a new one is made`);
}

function passwordOf(auth: string | undefined): string | undefined {
  return /^berth:([^:]+)$/.exec(Buffer.from(auth ?? '', 'base64').toString())?.[1];
}

/** Lines of other users stay. */
async function ensureHash(path: string, password: string, random: Random): Promise<void> {
  const crypt = await loadCrypt();
  const lines = (await readIfThere(path)).split('\n').filter((line) => line !== '');
  const hash = lines.find((line) => line.startsWith(`${user}:`))?.slice(user.length + 1);
  if (hash !== undefined && (await crypt(password, hash)) === hash) return;
  const others = lines.filter((line) => !line.startsWith(`${user}:`));
  await writeFileAtomic(path, `${[...others, `${user}:${await crypt(password, bcryptSetting(random))}`].join('\n')}\n`);
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw err;
  }
}
