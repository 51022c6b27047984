/** What a layer holds: the entries of its archive that matter, in their order. */
export interface LayerEntries {
  /** The instruction that made it. */
  createdBy: string;
  entries: readonly LayerEntry[];
}

export interface LayerEntry {
  /** Without a slash at either end. */
  path: string;
  kind: 'file' | 'directory' | 'other' | 'whiteout' | 'opaque';
  /** Bytes of a file. */
  size: number;
}

/** A file that travels in a layer and that nobody sees in the image. */
export interface HiddenFile {
  path: string;
  size: number;
  /** Counted from 1, the lowest. */
  layer: number;
  by: number;
  how: 'deleted' | 'overwritten';
}

export interface Advice {
  layers: readonly number[];
  saves: number;
  text: string;
}

/** OCI image-spec, layer.md, "Whiteouts". */
export const whiteoutPrefix = '.wh.';
export const opaqueName = '.wh..wh..opq';

/** Bottom first. Pure. Largest first. */
export function hiddenFiles(layers: readonly LayerEntries[]): HiddenFile[] {
  const seen = new Map<string, { size: number; layer: number; isFile: boolean }>();
  const hidden: HiddenFile[] = [];
  for (const [i, { entries }] of layers.entries()) {
    const layer = i + 1;
    const hide = (path: string, how: HiddenFile['how']): void => {
      const former = seen.get(path);
      if (!former || former.layer === layer) return;
      seen.delete(path);
      if (former.isFile && former.size > 0) hidden.push({ path, size: former.size, layer: former.layer, by: layer, how });
    };
    const hideBelow = (folder: string): void => {
      const start = folder === '' ? '' : `${folder}/`;
      for (const path of seen.keys()) if (path.startsWith(start)) hide(path, 'deleted');
    };
    for (const { path, kind, size } of entries) {
      if (kind === 'opaque') hideBelow(path);
      else if (kind === 'whiteout') {
        hideBelow(path);
        hide(path, 'deleted');
      } else {
        if (kind !== 'directory' && seen.has(path)) hideBelow(path);
        if (kind !== 'directory') hide(path, 'overwritten');
        seen.set(path, { size, layer, isFile: kind === 'file' });
      }
    }
  }
  return hidden.toSorted((a, b) => b.size - a.size || a.path.localeCompare(b.path));
}

/** What would save the bytes of hidden files, the most first. */
export function adviceOn(hidden: readonly HiddenFile[], layers: readonly Pick<LayerEntries, 'createdBy'>[]): Advice[] {
  const groups = new Map<string, HiddenFile[]>();
  for (const file of hidden) {
    const key = `${file.layer} ${file.by} ${file.how}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()]
    .map((files) => {
      const { layer, by, how } = files[0]!;
      const saves = files.reduce((sum, { size }) => sum + size, 0);
      return { layers: [layer, by], saves, text: textOf({ layer, by, how }, layers) };
    })
    .toSorted((a, b) => b.saves - a.saves);
}

type Pair = Pick<HiddenFile, 'layer' | 'by' | 'how'>;

function textOf({ layer, by, how }: Pair, layers: readonly Pick<LayerEntries, 'createdBy'>[]): string {
  const [made, hid] = [instructionOf(layers[layer - 1]?.createdBy), instructionOf(layers[by - 1]?.createdBy)];
  const changes = /\b(chmod|chown)\b/.exec(layers[by - 1]?.createdBy ?? '')?.[1];
  if (how === 'overwritten' && changes !== undefined && made !== 'RUN')
    return `set it with ${made} --${changes} in layer ${layer} instead of ${changes} in layer ${by}`;
  if (made === 'RUN' && hid === 'RUN')
    return `${how === 'deleted' ? 'delete them' : 'write them'} in the same RUN: make one instruction of those of layers ${layer} and ${by}`;
  if (made === 'RUN') return `squash the instructions of layers ${layer} to ${by}, or take the result from another stage with COPY --from`;
  if (how === 'deleted')
    return `leave them out of the ${made} of layer ${layer}: .dockerignore, ${made} --exclude, or RUN --mount=type=bind for what is only needed while building`;
  return `leave them out of the ${made} of layer ${layer}, since layer ${by} brings others`;
}

/** As Docker and BuildKit write it down: `/bin/sh -c #(nop) COPY …`, `RUN /bin/sh -c …`, `COPY a b # buildkit`. */
export function instructionOf(createdBy = ''): string {
  const text = createdBy.replace(/^\/bin\/sh -c #\(nop\)\s+/, '');
  const word = /^(?:\|\d+ .*?)?([A-Z]+)\b/.exec(text)?.[1];
  return word !== undefined && ['ADD', 'COPY', 'RUN', 'WORKDIR'].includes(word) ? word : 'RUN';
}
