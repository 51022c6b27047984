import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Cgroups } from '../host/index.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Device } from '../containers.contract.ts';
import type { GivenDevice, HostFacts } from './oci-spec.ts';
import type { OciDevice } from './oci-types.ts';

/** What this process itself holds, and so can give to containers. */
export function readHostFacts(cgroups: Cgroups): HostFacts {
  const status = readFileSync('/proc/self/status', 'utf8');
  const capabilities = capabilitiesOf(/^CapBnd:\s*(\S+)/m.exec(status)?.[1] ?? '0');
  return {
    arch: process.arch,
    kernel: release(),
    capabilities,
    oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'utf8')),
    canLowerOomScore: capabilities.includes('CAP_SYS_RESOURCE'),
    devices: hostDevices('/dev'),
    cgroupVersion: cgroups.version,
  };
}

const ownMounts = new Set(['pts', 'shm', 'mqueue', 'fd', '.lxc', 'console']);

/** Device nodes of the host, which privileged containers get. */
function hostDevices(directory: string): OciDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry): OciDevice[] => {
    const path = join(directory, entry.name);
    if (directory === '/dev' && ownMounts.has(entry.name)) return [];
    if (entry.isDirectory()) return hostDevices(path);
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
    return [deviceNode(path, lstatSync(path))];
  });
}

/** A device of this machine as a container has it at a path of its own. Throws for what is none. */
export function deviceAt({ source, path, access }: Device): GivenDevice {
  const found = statSync(source);
  if (!found.isBlockDevice() && !found.isCharacterDevice()) throw new Error(`${source} is not a device node`);
  return { ...deviceNode(path, found), access };
}

/** Major and minor number of a device of this machine. */
export function numbersOf(path: string): { major: number; minor: number } {
  const { major, minor } = deviceAt({ source: path, path, access: '' });
  return { major, minor };
}

function deviceNode(path: string, found: Stats): OciDevice {
  const device = BigInt(found.rdev);
  const major = Number((device >> 8n) & 0xfffn);
  const minor = Number((device & 0xffn) | ((device >> 12n) & 0xfff00n));
  return { path, type: found.isBlockDevice() ? 'b' : 'c', major, minor, fileMode: found.mode & 0o777, uid: found.uid, gid: found.gid };
}
