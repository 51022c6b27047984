import { writeFileSync } from 'node:fs';
import { encodeName, filePath } from '#base';
import type { BuiltLayer } from '#runtime/building.contract';
import { IgnoreRules } from '../context/ignore-rules.ts';
import { hasWildcard } from '../context/pattern.ts';
import { clean, SourceTree } from '../context/source-tree.ts';
import { BuildError } from '../contract.ts';
import type { CopyInstruction } from '../dockerfile/instruction.ts';
import { expand, expandHeredoc, type WordRules } from '../dockerfile/words.ts';
import { type Origin, withTree } from '../origins.ts';
import type { BuildSession } from '../session.ts';
import { isTarArchive, readArchive } from './archive-source.ts';
import { TreeCopy } from './copy-tree.ts';
import { absolute, type ImageState } from './image-state.ts';
import { modeChange } from './mode.ts';
import { ownerOf } from './owner.ts';
import { isRemote, remoteSource } from './remote-source.ts';

interface Source {
  tree: SourceTree;
  /** Its path in the tree. */
  path: string;
  /** With `--parents`: what of it is not kept. */
  base: string;
  isRemote: boolean;
}

interface Plan {
  instruction: CopyInstruction;
  keepOwners: boolean;
  sources: Source[];
  inline: { name: string; content: string }[];
  /** Absolute; with a slash at its end when it is a directory for certain. */
  destination: string;
  chown?: string;
  chmod?: string;
  exclude?: IgnoreRules;
}

/**
 * COPY and ADD: files laid over the layers so far; what that changes is a layer. From the context files belong to root; from a stage or an
 * image they keep their owners, unless `--chown` says otherwise. Throws BuildError with the line.
 */
export async function copyStep(
  session: BuildSession,
  state: ImageState,
  { instruction, rules, origin }: { instruction: CopyInstruction; rules: WordRules; origin: Origin },
): Promise<boolean> {
  const { layer, cached } = await session.at(instruction.line, () =>
    withTree(origin, async (tree) => {
      const plan = await planOf(session, state, { instruction, rules, tree, keepOwners: origin.kind === 'layers' });
      return session.layer(instruction.text, await keyOf(session, state, plan), () => copy(session, state, plan));
    }),
  );
  if (layer) state.layers.push(layer);
  state.history.push({ created: session.created, created_by: instruction.text, ...(layer ? {} : { empty_layer: true }) });
  return cached;
}

async function planOf(
  session: BuildSession,
  state: ImageState,
  { instruction, rules, tree, keepOwners }: { instruction: CopyInstruction; rules: WordRules; tree: SourceTree; keepOwners: boolean },
): Promise<Plan> {
  const sources: Source[] = [];
  const texts = instruction.sources.map((source) => expand(source, rules));
  const checksum = instruction.checksum === undefined ? undefined : expand(instruction.checksum, rules);
  demandChecksumOfRemote(texts, checksum);
  for (const text of texts) {
    const remote = await remoteSource(session, text, { ...instruction, checksum });
    if (remote) sources.push({ ...remote, base: '', isRemote: true });
    else sources.push(...matches(tree, text, instruction));
  }
  const inline = instruction.inline.map(({ name, content, expands }) => ({
    name,
    content: expands ? expandHeredoc(content, rules) : content,
  }));
  const target = expand(instruction.destination, rules);
  const isDirectory = target.endsWith('/') || target === '.' || target === '' || target.endsWith('/.') || target === '..';
  if (sources.length + inline.length > 1 && !isDirectory && !instruction.parents) {
    throw new BuildError(
      instruction.line,
      `When using ${instruction.do} with more than one source file, the destination must be a directory and end with a /`,
    );
  }
  const path = absolute(target, state.config.WorkingDir);
  const optional = (text: string | undefined): string | undefined => (text === undefined ? undefined : expand(text, rules));
  return {
    instruction,
    keepOwners,
    sources,
    inline,
    destination: isDirectory && path !== '/' ? `${path}/` : path,
    chown: optional(instruction.chown),
    chmod: optional(instruction.chmod),
    ...(instruction.exclude.length > 0 && { exclude: new IgnoreRules(instruction.exclude) }),
  };
}

function matches(tree: SourceTree, source: string, { line, parents }: CopyInstruction): Source[] {
  const [base, pattern] = parents && source.includes('/./') ? splitAt(source, '/./') : ['', source];
  try {
    const found = tree.match(parents ? `${base}/${pattern}` : source, { deep: parents });
    if (found.length === 0 && !hasWildcard(source)) throw new Error(`failed to calculate checksum: "/${clean(source)}": not found`);
    return found.map((path) => ({ tree, path, base: clean(base), isRemote: false }));
  } catch (err) {
    throw new BuildError(line, err instanceof Error ? err.message : String(err), { cause: err });
  }
}

function demandChecksumOfRemote(sources: readonly string[], checksum: string | undefined): void {
  if (checksum === undefined) return;
  if (sources.length !== 1) throw new Error("checksum can't be specified for multiple sources");
  if (!isRemote(sources[0]!)) throw new Error('checksum requires HTTP(S) or Git sources');
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

/** What a copy sees of the stage: nothing with `--link`, which `--chmod` takes back as in BuildKit. */
const below = ({ layers }: ImageState, { instruction, chmod }: Plan): readonly BuiltLayer[] =>
  instruction.link && chmod === undefined ? [] : layers;

async function keyOf(session: BuildSession, state: ImageState, plan: Plan): Promise<unknown> {
  const { keepOwners, sources, inline, destination, chown, chmod, instruction } = plan;
  const content: [string, string][] = [];
  for (const { tree, path, base } of sources) {
    const name = instruction.parents ? path.slice(base.length) : path.slice(path.lastIndexOf('/') + 1);
    content.push([name, await tree.digest(tree.followed(path), keepOwners)]);
  }
  const layers = below(state, plan).map(({ diffId }) => diffId);
  const { parents, unpack, exclude } = instruction;
  return [instruction.do, layers, content, inline, destination, chown, chmod, exclude, session.timestampSeconds, parents, unpack];
}

async function copy(session: BuildSession, state: ImageState, plan: Plan): Promise<BuiltLayer | undefined> {
  const { building } = session.options;
  const lower = below(state, plan).map(({ diffId }) => diffId);
  const upper = await building.newUpper();
  try {
    const fill = async (root: string): Promise<void> => {
      const rules = {
        owner: plan.chown === undefined ? undefined : ownerOf(plan.chown, root),
        mode: plan.chmod === undefined ? undefined : modeChange(plan.chmod),
        keepOwners: plan.keepOwners,
        exclude: plan.exclude,
        copyAttributes: building.copyAttributes.bind(building),
      };
      const tree = new TreeCopy(root, rules);
      for (const source of plan.sources) {
        const followed = source.tree.followed(source.path);
        const real = source.tree.real(followed);
        const isArchive = unpacks(plan.instruction, source) && source.tree.stat(followed)?.isFile() && (await isTarArchive(real));
        if (isArchive) {
          tree.makeDirectories(plan.destination);
          // `--chmod` is not for what an archive describes itself.
          await unpack(session, real, new TreeCopy(root, { ...rules, mode: undefined, keepOwners: true }), plan.destination);
        } else if (plan.instruction.parents)
          tree.copyWithParents(source.tree, { source: source.path, base: source.base }, plan.destination);
        else tree.copy(source.tree, source.path, plan.destination);
      }
      for (const { name, content } of plan.inline)
        tree.write(name, plan.destination, (path) => writeFileSync(filePath(path), encodeName(content)));
    };
    // With nothing below it an overlay would mark each new directory as one that hides what is below.
    if (lower.length === 0) await fill(upper.path);
    else await building.withRoot(lower, upper.path, fill);
    return await building.commitLayer(upper.path, { timestampSeconds: session.timestampSeconds, holder: session.holder });
  } finally {
    await upper.remove();
  }
}

/** What was fetched only when it is asked for. */
const unpacks = ({ do: verb, unpack }: CopyInstruction, { isRemote }: Source): boolean => verb === 'ADD' && (unpack ?? !isRemote);

/** First into a directory of its own, where hostile archives are refused; from there like any other directory. */
async function unpack(session: BuildSession, archive: string, into: TreeCopy, destination: string): Promise<void> {
  const { building } = session.options;
  const directory = await building.newUpper();
  try {
    const links = await building.unpackArchive(readArchive(archive), directory.path);
    into.copy(new SourceTree(directory.path), '', destination.endsWith('/') ? destination : `${destination}/`);
    for (const link of links) into.link(link, destination);
  } finally {
    await directory.remove();
  }
}
