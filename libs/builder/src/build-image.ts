import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeName } from '#base';
import { buildStage } from './build-stage.ts';
import { IgnoreRules } from './context/ignore-rules.ts';
import { SourceTree } from './context/source-tree.ts';
import { BuildError, type BuildOptions, type BuildResult } from './contract.ts';
import { findStage, parseDockerfile, type Stage } from './dockerfile/dockerfile.ts';
import { suggestion } from './dockerfile/suggestion.ts';
import { BuildSession } from './session.ts';
import { imageConfigOf } from './steps/image-state.ts';

/** GOARCH names of Node's. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/**
 * Builds an image and gives it its tags. The same context, Dockerfile and arguments give the same digest, and steps that were built
 * before are taken from the cache. Throws BuildError with `<file>:<line>: ` before what is wrong.
 */
export async function buildImage(options: BuildOptions): Promise<BuildResult> {
  const path = options.dockerfile ?? join(options.contextDir, 'Dockerfile');
  try {
    return await build(options, path);
  } catch (err) {
    if (!(err instanceof BuildError)) throw err;
    const place = err.line === undefined ? basename(path) : `${basename(path)}:${err.line}`;
    throw new BuildError(err.line, `${place}: ${err.message}`, { cause: err.cause });
  }
}

async function build(options: BuildOptions, path: string): Promise<BuildResult> {
  const dockerfile = parseDockerfile(await readNeeded(path));
  if (!(await stat(options.contextDir)).isDirectory()) throw new BuildError(undefined, `${options.contextDir} is not a directory`);
  const context = new SourceTree(options.contextDir, await readIgnoreRules(options.contextDir, path));
  const architecture = architectures[process.arch] ?? process.arch;
  const session = new BuildSession(options, dockerfile, context, architecture);
  const state = await buildStage(session, targetOf(options, dockerfile.stages));
  for (const [name, value] of Object.entries(options.labels ?? {})) state.config.Labels = { ...state.config.Labels, [name]: value };
  const { building } = options;
  const image = await building.commitImage({ config: imageConfigOf(state, session.created), layers: state.layers, names: options.tags });
  return { image, digest: image.id, steps: session.steps, cachedSteps: session.cachedSteps };
}

function targetOf({ target }: BuildOptions, stages: readonly Stage[]): Stage {
  const stage = target === undefined ? stages.at(-1) : findStage(stages, target);
  const names = stages.flatMap(({ name }) => name ?? []);
  if (!stage) throw new BuildError(undefined, `target stage "${target}" could not be found${suggestion(target ?? '', names)}`);
  return stage;
}

async function readNeeded(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    throw new BuildError(undefined, `failed to read the Dockerfile: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
  }
}

/** `<Dockerfile>.dockerignore` beside the Dockerfile comes before the context's own. */
async function readIgnoreRules(contextDir: string, dockerfile: string): Promise<IgnoreRules | undefined> {
  for (const path of [`${dockerfile}.dockerignore`, join(contextDir, '.dockerignore')]) {
    try {
      return IgnoreRules.parse(decodeName(await readFile(path)));
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    }
  }
  return undefined;
}
