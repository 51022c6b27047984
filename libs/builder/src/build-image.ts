import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lookUp } from '#base';
import { baseOf, buildStage } from './build-stage.ts';
import { IgnoreRules } from './context/ignore-rules.ts';
import { SourceTree } from './context/source-tree.ts';
import { BuildError, type BuildOptions, type BuildResult } from './contract.ts';
import { type Dockerfile, parseDockerfile } from './dockerfile/dockerfile.ts';
import { suggestion } from './dockerfile/suggestion.ts';
import { excerptOf } from './excerpt.ts';
import { hostPlatform, parsePlatform } from './platform.ts';
import { BuildSession } from './session.ts';
import { planStages, targetStage } from './stage-plan.ts';
import { imageConfigOf, type ImageState } from './steps/image-state.ts';

/**
 * Builds an image and gives it its tags. The same context, Dockerfile and arguments give the same digest, and steps that were built
 * before are taken from the cache. Throws BuildError with `<file>:<line>: ` before what is wrong, and the lines around it.
 */
export async function buildImage(options: BuildOptions): Promise<BuildResult> {
  const path = options.dockerfile ?? join(options.contextDir, 'Dockerfile');
  const source: { text: string; dockerfile?: Dockerfile } = { text: '' };
  try {
    source.text = await readNeeded(path);
    source.dockerfile = parseDockerfile(source.text);
    return await build(options, path, source.dockerfile);
  } catch (err) {
    if (!(err instanceof BuildError)) throw err;
    const { line, message, cause, process } = err;
    if (line === undefined) throw new BuildError(line, `${basename(path)}: ${message}`, { cause, process });
    const excerpt = excerptOf(source.text, basename(path), { first: line, last: source.dockerfile?.lastLines.get(line) ?? line });
    throw new BuildError(line, `${basename(path)}:${line}: ${message}`, { cause, process, excerpt });
  }
}

async function build(options: BuildOptions, path: string, dockerfile: Dockerfile): Promise<BuildResult> {
  const { building, contextDir } = options;
  if (!(await stat(contextDir)).isDirectory()) throw new BuildError(undefined, `${contextDir} is not a directory`);
  for (const tag of options.tags) await options.images.get(tag); // what is no name is told before anything is built
  // `<Dockerfile>.dockerignore` beside the Dockerfile comes before the context's own.
  const rules = await IgnoreRules.of(contextDir, [`${path}.dockerignore`, join(contextDir, '.dockerignore')]);
  const platform = options.platform === undefined ? hostPlatform : parsePlatform(options.platform);
  const session = new BuildSession(options, dockerfile, new SourceTree(contextDir, rules), platform);
  try {
    const state = await buildTarget(session);
    for (const [name, value] of Object.entries(options.labels ?? {})) state.config.Labels = { ...state.config.Labels, [name]: value };
    const image = await building.commitImage({ config: imageConfigOf(state, session.created), layers: state.layers, names: options.tags });
    return { image, digest: image.id, steps: session.steps, cachedSteps: session.cachedSteps };
  } finally {
    await session.end();
  }
}

async function buildTarget(session: BuildSession): Promise<ImageState> {
  const { options, dockerfile } = session;
  const target = targetStage(dockerfile, options.target, (names) => suggestion(options.target ?? '', names));
  session.plan = planStages(dockerfile, target, {
    baseOf: (stage) => baseOf(session, stage).name,
    isNamed: (name) => lookUp(options.contexts, name) !== undefined,
  });
  try {
    if (options.inOrder) for (const stage of session.plan.stages) await buildStage(session, stage);
    return await buildStage(session, target);
  } catch (err) {
    throw session.failure ?? err;
  }
}

async function readNeeded(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    throw new BuildError(undefined, `failed to read the Dockerfile: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
  }
}
