import { lookUp } from '#base';
import type { Platform } from './contract.ts';

/** GOARCH names of Node's. */
const ofNode: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** Other names for the same, as containerd's platforms package takes them. */
const aliases: Readonly<Record<string, string>> = {
  aarch64: 'arm64',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  i386: '386',
  armhf: 'arm',
  armel: 'arm/v6',
};
const systems = ['linux', 'windows', 'darwin', 'freebsd'];

/** This machine's. */
export const hostPlatform: Platform = { os: 'linux', architecture: lookUp(ofNode, process.arch) ?? process.arch };

/** `linux/arm64`, `linux/arm/v7`, `arm64` alone or `linux` alone. Throws Error with containerd's words. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part))) {
    throw new Error(`failed to parse platform ${text}: "${text}": invalid platform: must have OS, architecture and variant at most`);
  }
  const isSystem = systems.includes(parts[0]!);
  if (parts.length === 1 && isSystem) return { ...hostPlatform, os: parts[0]! };
  const [os = 'linux', architecture = ''] = parts.length === 1 ? ['linux', parts[0]!] : parts;
  const [known = '', implied] = (lookUp(aliases, architecture) ?? architecture).split('/');
  return normalized({ os, architecture: known, variant: parts[2] ?? implied });
}

/** `arm64/v8` is what `arm64` means, and `arm` alone is `arm/v7`. */
function normalized({ os, architecture, variant }: Platform): Platform {
  const isDefault = (architecture === 'arm64' && variant === 'v8') || (architecture === 'amd64' && variant === 'v1');
  const own = architecture === 'arm' ? (variant ?? 'v7') : isDefault ? undefined : variant;
  return { os, architecture, ...(own && { variant: own }) };
}

export const platformText = ({ os, architecture, variant }: Platform): string => [os, architecture, variant].filter(Boolean).join('/');

/** Whether programs of the platform run here without emulation. */
export function runsHere({ os, architecture }: Platform): boolean {
  const alike: Readonly<Record<string, string>> = { amd64: '386' };
  return os === 'linux' && (architecture === hostPlatform.architecture || lookUp(alike, hostPlatform.architecture) === architecture);
}
