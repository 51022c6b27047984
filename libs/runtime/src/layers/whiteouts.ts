import { bad } from './tar-header.ts';

// OCI image-spec, layer.md, "Whiteouts".
const prefix = '.wh.';
const opaqueName = '.wh..wh..opq';
/** AUFS's own bookkeeping (`.wh..wh.plnk`, `.wh..wh.aufs`); it says nothing about the image. */
const bookkeeping = '.wh..wh.';

export type WhiteoutMeaning = { kind: 'none' } | { kind: 'ignore' } | { kind: 'opaque' } | { kind: 'delete'; name: string };

/** What the last component of a path in a layer means. Throws 'bad-image' for names that would delete something else than a sibling. */
export function whiteoutOf(name: string): WhiteoutMeaning {
  if (!name.startsWith(prefix)) return { kind: 'none' };
  if (name === opaqueName) return { kind: 'opaque' };
  if (name.startsWith(bookkeeping)) return { kind: 'ignore' };
  const deleted = name.slice(prefix.length);
  if (deleted === '' || deleted === '.' || deleted === '..') throw bad(`whiteout '${name}' names no file`);
  return { kind: 'delete', name: deleted };
}

/** The entry that deletes `name` of the layers below. */
export function whiteoutName(name: string): string {
  return prefix + name;
}

/** The entry that hides all that the layers below have in its directory. */
export const opaqueMarker = opaqueName;

/** Overlay's own form of both, kernel documentation "overlayfs": a character device 0/0, and this attribute set to `y`. */
export const overlayOpaque = 'trusted.overlay.opaque';
