import { adviceOn, hiddenFiles } from './layer-analysis.ts';
import type { SavedImage } from './saved-image.ts';

/** One image of `berth image tree`. */
export interface ImageTree {
  name: string;
  id: string;
  bytes: number;
  layers: { layer: number; diffId: string; bytes: number; createdBy: string; sharedWith: string[] }[];
  hidden: ReturnType<typeof hiddenFiles>;
  advice: ReturnType<typeof adviceOn>;
}

export interface TreeInput {
  name: string;
  id: string;
  saved: SavedImage;
  /** Other images, with their layers. */
  others: readonly { name: string; diffIds: readonly string[] }[];
}

export function imageTree({ name, id, saved, others }: TreeInput): ImageTree {
  const hidden = hiddenFiles(saved.layers);
  const layers = saved.layers.map(({ diffId, bytes, createdBy }, i) => ({
    layer: i + 1,
    diffId,
    bytes,
    createdBy,
    sharedWith: others.filter(({ diffIds }) => diffIds.includes(diffId)).map((other) => other.name),
  }));
  return { name, id, bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0), layers, hidden, advice: adviceOn(hidden, saved.layers) };
}

const mostFiles = 10;

/** For a person: the top layer first, as it was built last. `all`: every hidden file. */
export function treeText(trees: readonly ImageTree[], { all = false } = {}): string {
  return trees.map((tree) => textOf(tree, all ? Infinity : mostFiles)).join('\n');
}

function textOf({ name, id, bytes, layers, hidden, advice }: ImageTree, most: number): string {
  const own = layers.filter(({ sharedWith }) => sharedWith.length === 0).reduce((sum, layer) => sum + layer.bytes, 0);
  const lines = [`${name}  ${shortDigest(id)}  ${size(bytes)} in ${layers.length} layers, ${size(own)} of it this image’s alone`];
  for (const [i, { layer, diffId, bytes: cost, createdBy, sharedWith }] of layers.toReversed().entries()) {
    const corner = i === layers.length - 1 ? '└─' : '├─';
    const shared =
      sharedWith.length === 0
        ? ''
        : `  shared with ${sharedWith.slice(0, 3).join(', ')}${sharedWith.length > 3 ? ` and ${sharedWith.length - 3} more` : ''}`;
    lines.push(`${corner} ${String(layer).padStart(2)}  ${size(cost).padStart(9)}  ${shortDigest(diffId)}  ${oneLine(createdBy)}${shared}`);
  }
  if (hidden.length === 0) return `${lines.join('\n')}\n`;
  const total = hidden.reduce((sum, file) => sum + file.size, 0);
  lines.push(`   ${size(total)} in ${hidden.length} file${hidden.length === 1 ? '' : 's'} travel with it, and nobody sees them:`);
  for (const file of hidden.slice(0, most))
    lines.push(`   ${size(file.size).padStart(9)}  /${file.path}  in layer ${file.layer}, ${file.how} by layer ${file.by}`);
  if (hidden.length > most) lines.push(`   … and ${hidden.length - most} more: --all shows them`);
  for (const { saves, text } of advice) lines.push(`   ${size(saves).padStart(9)}  would be saved: ${text}`);
  return `${lines.join('\n')}\n`;
}

const oneLine = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 70 ? `${line.slice(0, 69)}…` : line;
};

export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

/** As Docker writes sizes: powers of 1000. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toPrecision(3)}${units[step]!}`;
}
