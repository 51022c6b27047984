import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, mustRun } from '#base';
import { cgroupFolders, ignoringAbsence, isPinned, killProcesses, pinMountNamespace, unpin, within } from '../supervisor/pinned-place.ts';
import type { EngineLayout, EngineSettings } from './engine-settings.ts';

/*
 * Where an engine without a cluster runs: in a mount namespace of its own, so that the machine does not see the mounts of each container, and
 * in the machine's network, where its published ports are.
 */

/** Idempotent. */
export async function ensureEnginePlace(layout: EngineLayout): Promise<void> {
  if (await isPinned(layout.mountNamespace)) return;
  await unpin([layout.namespaces]); // of a start that ended half-way
  await pinMountNamespace(layout);
  // What a container mounts in a volume passes on to those that share it (`--mount bind-propagation`).
  await mustRun(within(layout)('mount', '--make-rshared', '/'));
}

/** Kills whatever the engine runs and takes away its namespace, links, tables and cgroups. Idempotent. */
export async function removeEnginePlace(layout: EngineLayout, { name }: EngineSettings, clock: Clock): Promise<void> {
  const cgroup = `/${name}`;
  await killProcesses({ of: `engine ${name}`, mountNamespace: layout.mountNamespace, cgroup }, clock);
  const links = [...ownLinks(await mustRun(['ip', '-o', 'link', 'show']), name), ...(await bridgesOf(layout))];
  for (const link of links) {
    await ignoringAbsence(['ip', 'link', 'del', link], /Cannot find device/); // a pair goes with its first end
  }
  for (const table of ownTables(await mustRun(['nft', 'list', 'tables']), name)) await mustRun(['nft', 'delete', 'table', ...table]);
  await unpin([layout.mountNamespace, layout.namespaces]);
  await rm(layout.namespaces, { recursive: true, force: true });
  for (const folder of await cgroupFolders(cgroup)) await rmdir(folder);
}

/** Bridges of networks that somebody made: each record says how its own is called. */
async function bridgesOf({ home }: EngineLayout): Promise<string[]> {
  const root = join(home, 'engine', 'networks');
  const ids = await readdir(root).catch(() => []); // no engine has begun here
  const texts = await Promise.all(ids.map((id) => readFile(join(root, id, 'network.json'), 'utf8').catch(() => ''))); // half made, or predefined
  return texts.flatMap((text) => (text === '' ? [] : [(JSON.parse(text) as { link: string }).link]));
}

/** Links as the engine names them: the beginning of its name, an `e`, ten hexadecimal digits; and the bridge that is always there. */
export function ownLinks(list: string, name: string): string[] {
  const own = new RegExp(`^(${name.slice(0, 4)}e[0-9a-f]{10}|${name.slice(0, 8)}-docker)$`);
  return list.split('\n').flatMap((line) => {
    const link = /^\d+: ([^:@]+)/.exec(line)?.[1] ?? '';
    return own.test(link) ? [link] : [];
  });
}

/** `table ip engine-engine`: family and name of those that begin with the engine's. */
export function ownTables(list: string, name: string): [string, string][] {
  return list.split('\n').flatMap((line) => {
    const [, family = '', table = ''] = /^table (\S+) (\S+)$/.exec(line) ?? [];
    return table === `${name}-engine` || table.startsWith(`${name}-engine-`) ? [[family, table] as [string, string]] : [];
  });
}
