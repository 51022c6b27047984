import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** mount(2) copies one page of options, its last byte a NUL. */
const optionLimitBytes = 4095;

/** Without these an upper directory would hold redirections and half-copied files that mean nothing outside of the very stack. */
export const overlayRules = ',index=off,redirect_dir=off,metacopy=off';

export interface OverlayLayers {
  /** Directory that `names` are relative to. */
  root: string;
  /** Top first. */
  names: readonly string[];
}

/**
 * Calls `mount` with overlay's options for the given layers. Where their full paths do not fit, they are named through an open
 * descriptor of their common directory (`/proc/self/fd/<n>/<name>`), which leaves room for more than 100 layers.
 */
export async function withOverlayOptions<T>(layers: OverlayLayers, rest: string, mount: (options: string) => T): Promise<T> {
  const full = options(
    layers.names.map((name) => join(layers.root, name)),
    rest,
  );
  if (Buffer.byteLength(full) <= optionLimitBytes) return mount(full);
  const directory = await open(layers.root, 'r');
  try {
    const short = options(
      layers.names.map((name) => `/proc/self/fd/${directory.fd}/${name}`),
      rest,
    );
    if (Buffer.byteLength(short) > optionLimitBytes) throw new Error(`${layers.names.length} layers are more than one mount can take`);
    return mount(short);
  } finally {
    await directory.close();
  }
}

function options(lower: readonly string[], rest: string): string {
  return `lowerdir=${lower.map(escapePath).join(':')}${rest}`;
}

/** Colons separate layers, commas options, and a backslash takes either's meaning away. */
export function escapePath(path: string): string {
  return path.replace(/[\\:,]/g, (character) => `\\${character}`);
}
