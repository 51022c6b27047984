import type { Device, DeviceRule, Rlimit } from '#runtime/containers.contract';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { badParameter, EngineError } from '../errors.ts';
import type { HostConfig } from './settings.ts';

const rule = /^(?<type>[acb]) (?<major>[0-9]{1,9}|\*):(?<minor>[0-9]{1,9}|\*) (?<access>[rwm]{1,3})$/;

/** Throws 400 with Docker's words. */
export function deviceRules(texts: readonly string[]): DeviceRule[] {
  return texts.map((text) => {
    const found = rule.exec(text)?.groups;
    if (!found) throw badParameter(`invalid device cgroup rule format: '${text}'`);
    const { type, major, minor, access } = found as Record<'type' | 'major' | 'minor' | 'access', string>;
    return {
      type: type as DeviceRule['type'],
      ...(major !== '*' && { major: Number(major) }),
      ...(minor !== '*' && { minor: Number(minor) }),
      access,
    };
  });
}

/** Throws 400. */
export function checkDevices({ Devices, DeviceRequests }: HostConfig): void {
  for (const { CgroupPermissions: access } of Devices ?? []) {
    if (!/^[rwm]{1,3}$/.test(access)) throw badParameter(`bad mode specified: ${access}`);
  }
  if (DeviceRequests?.length) throw badParameter('could not select device driver "" with capabilities: [[gpu]]');
}

/** What was asked for as it is on this machine now: of a directory all the devices in it. Throws with Docker's words. */
export async function devicesOf({ Devices: asked, Privileged: all }: HostConfig): Promise<Device[]> {
  const found: Device[] = [];
  for (const { PathOnHost: source, PathInContainer, CgroupPermissions } of asked ?? []) {
    const path = PathInContainer || source;
    if (all && path === source) continue; // it has it already
    found.push(...(await below(source, path, all ? 'rwm' : CgroupPermissions)));
  }
  return found;
}

async function below(source: string, path: string, access: string): Promise<Device[]> {
  const gathering = (why: string): EngineError =>
    new EngineError(500, `error gathering device information while adding custom device "${source}": ${why}`);
  const real = await realpath(source).catch(() => {
    throw gathering('no such file or directory');
  });
  const kind = await stat(real);
  if (isDevice(kind)) return [{ source: real, path, access }];
  if (!kind.isDirectory()) throw gathering('not a device node');
  const names = await readdir(real, { recursive: true });
  const inside = await Promise.all(
    names.map(async (name) =>
      isDevice(await lstat(join(real, name))) ? [{ source: join(real, name), path: join(path, name), access }] : [],
    ),
  );
  return inside.flat();
}

const isDevice = (kind: { isBlockDevice(): boolean; isCharacterDevice(): boolean }): boolean =>
  kind.isBlockDevice() || kind.isCharacterDevice();

const limits = 'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' ');

/** Throws 400. */
export function rlimitsOf(ulimits: HostConfig['Ulimits']): Rlimit[] {
  return (ulimits ?? []).map(({ Name: name, Soft: soft, Hard: hard }) => {
    if (!limits.includes(name)) throw badParameter(`invalid ulimit type: ${name}`);
    if (hard >= 0 && (soft < 0 || soft > hard))
      throw badParameter(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
    return { name, soft, hard };
  });
}
