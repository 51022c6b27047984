import { runCommand } from '#base';
import type { VolumeMounts } from '#runtime/volumes.contract';
import { badParameter, EngineError } from './errors.ts';

const known = ['type', 'device', 'o'];

/** docs.docker.com, "docker volume create", "Driver-specific options": those of mount(8). Throws 400. */
export function checkVolumeOptions(options: Record<string, string>): void {
  const names = Object.keys(options);
  for (const name of names) if (!known.includes(name)) throw badParameter(`invalid option: "${name}"`);
  for (const name of ['type', 'device'])
    if (names.length > 0 && !options[name as 'type']) throw badParameter(`missing required option: "${name}"`);
}

type Mounts = Pick<VolumeMounts, 'unmount' | 'mountsBelow' | 'leadsAway'>;

/** Mounts what a volume's options say at its place, unless it is there. Throws with Docker's words. */
export async function mountVolume(path: string, { type = '', device = '', o = '' }: Record<string, string>, mounts: Mounts): Promise<void> {
  if (mounts.mountsBelow(path).includes(path)) return;
  const failed = (why: string): EngineError =>
    new EngineError(500, `error while mounting volume '${path}': failed to mount local volume: mount ${device}:${path}: ${why}`);
  if (device.startsWith('/') && mounts.leadsAway(device)) throw failed('it leads out of what the node sees');
  const { code, stderr } = await runCommand(['mount', '-t', type, ...(o ? ['-o', o] : []), '--', device, path]);
  if (code !== 0) throw failed(stderr.trim().replace(/^mount: [^:]*: /, ''));
}

/** What is mounted there is not the volume's own: it goes, before anything of the volume does. Throws 409 while something holds it. */
export async function unmountVolume(path: string, mounts: Mounts): Promise<void> {
  for (const target of mounts.mountsBelow(path)) await mounts.unmount(target);
  if (mounts.mountsBelow(path).length > 0) throw new EngineError(409, `unable to unmount ${path}: device or resource busy`);
}
