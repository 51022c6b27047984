import { stat } from 'node:fs/promises';
import { lookUp } from '#base';
import type { BuiltLayer, ImageBuilding } from '#runtime/building.contract';
import { IgnoreRules } from './context/ignore-rules.ts';
import { SourceTree } from './context/source-tree.ts';
import { BuildError, type Platform } from './contract.ts';
import { findStage, type Stage } from './dockerfile/dockerfile.ts';
import type { BuildSession } from './session.ts';

/** Where files come from: a directory of this machine (the build context, another named one), or the layers of a stage or an image. */
export type Origin = { kind: 'directory'; tree: SourceTree } | { kind: 'layers'; layers: readonly BuiltLayer[]; building: ImageBuilding };

export const contextOf = ({ context }: BuildSession): Origin => ({ kind: 'directory', tree: context });

/** The files, for as long as `use` runs. */
export function withTree<T>(origin: Origin, use: (tree: SourceTree) => Promise<T>): Promise<T> {
  if (origin.kind === 'directory') return use(origin.tree);
  const lower = origin.layers.map(({ diffId }) => diffId);
  return origin.building.withRoot(lower, undefined, (root) => use(new SourceTree(root)));
}

interface FromOptions {
  name: string;
  line: number;
  /** Of the stage, and so of the images that it copies from. */
  platform: Platform;
  build: (stage: Stage) => Promise<{ layers: readonly BuiltLayer[] }>;
}

/** What `--from` names, seen from a stage: a named context, an earlier stage, an image. Throws BuildError. */
export async function originOf(session: BuildSession, stage: Stage, { name, line, platform, build }: FromOptions): Promise<Origin> {
  const { building } = session.options;
  const named = await namedContext(session, name, line);
  if (named && 'tree' in named) return { kind: 'directory', tree: named.tree };
  if (named) return { kind: 'layers', layers: (await session.image(named.image, line, platform)).layers, building };
  const earlier = findStage(session.dockerfile.stages, name);
  if (earlier && earlier.index >= stage.index) {
    const current = stage.name ?? `stage-${stage.index}`;
    throw new BuildError(line, `cannot copy from stage "${name}", it needs to be defined before current stage "${current}"`);
  }
  if (earlier) return { kind: 'layers', layers: (await build(earlier)).layers, building };
  if (/^\d+$/.test(name)) throw new BuildError(line, `invalid stage index ${name}`);
  if (name.toLowerCase() === 'scratch') return { kind: 'layers', layers: [], building };
  return { kind: 'layers', layers: (await session.image(name, line, platform)).layers, building };
}

/** A `--build-context` goes before a stage and an image of the same name. */
export async function namedContext(
  session: BuildSession,
  name: string,
  line: number,
): Promise<{ tree: SourceTree } | { image: string } | undefined> {
  const named = lookUp(session.options.contexts, name) ?? lookUp(session.options.contexts, name.toLowerCase());
  if (!named || 'image' in named) return named;
  const { directory } = named;
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) throw new BuildError(line, `failed to get build context ${name}: ${directory} is not a directory`);
  return { tree: new SourceTree(directory, await IgnoreRules.of(directory)) };
}
