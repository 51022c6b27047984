import { stringify } from 'yaml';
import { shown } from '../printers/output.ts';
import { UsageError } from '../supervisor/usage-error.ts';
import type { EngineClient } from './engine-client.ts';
import { type ImageTree, imageTree, shortDigest, size, treeText } from './image-tree.ts';
import { readSavedImage } from './saved-image.ts';

export interface ImageContext {
  engine: EngineClient;
  write: (text: string) => void;
  isTerminal: boolean;
  output: string | undefined;
}

interface Summary {
  Id: string;
  RepoTags: string[] | null;
  RepoDigests: string[] | null;
  Created: number;
  Size: number;
  Labels: Record<string, string> | null;
}

interface Details {
  Id: string;
  RepoTags: string[];
  RootFS: { Layers: string[] };
}

interface Step {
  Id: string;
  Created: number;
  CreatedBy: string;
  Size: number;
  Comment: string;
}

const at = (name: string): string => `/images/${name.split('/').map(encodeURIComponent).join('/')}`;
const when = (seconds: number): string => (seconds > 0 ? new Date(seconds * 1000).toISOString().replace('.000', '') : '');

export async function imageList({ engine, write, output }: ImageContext): Promise<void> {
  const images = await engine.get<Summary[]>('/images/json');
  const rows = images.flatMap((image) => (image.RepoTags?.length ? image.RepoTags : ['<none>:<none>']).map((tag) => ({ tag, ...image })));
  const split = (tag: string): [string, string] => [tag.slice(0, tag.lastIndexOf(':')), tag.slice(tag.lastIndexOf(':') + 1)];
  write(
    shown(
      {
        items: rows,
        columns: {
          REPOSITORY: ({ tag }) => split(tag)[0],
          TAG: ({ tag }) => split(tag)[1],
          'IMAGE ID': ({ Id }) => shortDigest(Id),
          CREATED: ({ Created }) => when(Created),
          SIZE: ({ Size }) => size(Size),
        },
        wide: {
          DIGEST: ({ RepoDigests }) => RepoDigests?.[0]?.replace(/^.*@/, '') ?? '<none>',
          LABELS: ({ Labels }) =>
            Object.entries(Labels ?? {})
              .map(([key, value]) => `${key}=${value}`)
              .join(','),
        },
      },
      output,
    ),
  );
}

/** What the engine knows of images; JSON unless asked for YAML. */
export async function imageInspect(context: ImageContext, names: readonly string[]): Promise<void> {
  const details = [];
  for (const name of names) details.push(await context.engine.get<object>(`${at(name)}/json`));
  context.write(context.output === 'yaml' ? stringify(details, { lineWidth: 0 }) : shown({ items: details, columns: {} }, 'json'));
}

export async function imageHistory({ engine, write, output }: ImageContext, name: string): Promise<void> {
  const steps = await engine.get<Step[]>(`${at(name)}/history`);
  write(
    shown(
      {
        items: steps,
        columns: {
          IMAGE: ({ Id }) => shortDigest(Id),
          CREATED: ({ Created }) => when(Created),
          SIZE: ({ Size }) => size(Size),
          'CREATED BY': ({ CreatedBy }) => (output === 'wide' ? CreatedBy : CreatedBy.slice(0, 80)).replaceAll(/\s+/g, ' '),
        },
        wide: { COMMENT: ({ Comment }) => Comment },
      },
      output,
    ),
  );
}

/** Each image is read as a whole: what is hidden in its layers shows nowhere else. */
export async function imageTrees({ engine, write, output }: ImageContext, names: readonly string[], all: boolean): Promise<void> {
  const present = await engine.get<Summary[]>('/images/json');
  const details = await Promise.all(present.map(({ Id }) => engine.get<Details>(`${at(Id)}/json`)));
  const named = (details_: Details): string => details_.RepoTags[0] ?? shortDigest(details_.Id);
  const wanted: Details[] = [];
  for (const name of names) wanted.push(await engine.get<Details>(`${at(name)}/json`));
  const trees: ImageTree[] = [];
  for (const image of names.length > 0 ? wanted : details) {
    const saved = await readSavedImage(await engine.open('GET', `${at(image.Id)}/get`));
    const others = details.filter(({ Id }) => Id !== image.Id).map((other) => ({ name: named(other), diffIds: other.RootFS.Layers }));
    trees.push(imageTree({ name: named(image), id: image.Id, saved, others }));
  }
  if (output === 'json' || output === 'yaml') return write(shown({ items: trees, columns: {} }, output));
  if (output !== undefined && output !== 'wide') throw new UsageError(`-o ${output}: must be json, yaml or wide`);
  write(treeText(trees, { all: all || output === 'wide' }));
}

interface Removed {
  Untagged?: string;
  Deleted?: string;
}

const removedText = (items: readonly Removed[]): string =>
  items.map(({ Untagged, Deleted }) => (Deleted === undefined ? `Untagged: ${Untagged}\n` : `Deleted: ${Deleted}\n`)).join('');

export async function imageRemove({ engine, write }: ImageContext, names: readonly string[], force: boolean): Promise<void> {
  for (const name of names) write(removedText(await engine.send<Removed[]>('DELETE', `${at(name)}?force=${force}`)));
}

export async function imagePrune({ engine, write }: ImageContext, all: boolean): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ dangling: [String(!all)] }));
  const pruned = await engine.send<{ ImagesDeleted: Removed[] | null; SpaceReclaimed: number }>('POST', `/images/prune?filters=${filters}`);
  write(`${removedText(pruned.ImagesDeleted ?? [])}${size(pruned.SpaceReclaimed)} reclaimed\n`);
}

interface Message {
  id?: string;
  status?: string;
  progress?: string;
  error?: string;
}

/** `authorization`: of the registry, in Docker's form (X-Registry-Auth). */
export async function imagePull(context: ImageContext, name: string, authorization: string | undefined): Promise<void> {
  await follow(context, `/images/create?fromImage=${encodeURIComponent(withTag(name))}`, authorization);
}

export async function imagePush(context: ImageContext, name: string, authorization: string | undefined): Promise<void> {
  const tagged = withTag(name);
  const split = tagged.lastIndexOf(':');
  await follow(
    context,
    `${at(tagged.slice(0, split))}/push?tag=${encodeURIComponent(tagged.slice(split + 1))}`,
    authorization ?? emptyAuthorization,
  );
}

/** Without a registry's login clients send that there is none. */
const emptyAuthorization = Buffer.from('{}').toString('base64url');

const withTag = (name: string): string => (/:[^/]*$/.test(name) || name.includes('@') ? name : `${name}:latest`);

/** What changes of each layer, and all that is said of the whole. */
async function follow({ engine, write }: ImageContext, path: string, authorization: string | undefined): Promise<void> {
  const said = new Map<string, string>();
  for await (const { id = '', status = '' } of engine.messages<Message>(
    path,
    authorization === undefined ? {} : { 'X-Registry-Auth': authorization },
  )) {
    if (status === '' || said.get(id) === status) continue;
    said.set(id, status);
    write(id === '' ? `${status}\n` : `${id}: ${status}\n`);
  }
}
