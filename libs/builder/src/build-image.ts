import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeName, lookUp } from '#base';
import type { Image } from '#runtime/images.contract';
import { baseOf, buildStage } from './build-stage.ts';
import { IgnoreRules } from './context/ignore-rules.ts';
import { SourceTree } from './context/source-tree.ts';
import { exportCaches, importCaches, withInlineCache } from './cache-exchange.ts';
import { BuildError, type BuildOptions, type BuildResult, type Platform } from './contract.ts';
import { checkDockerfile } from './dockerfile/check.ts';
import { type Dockerfile, parseDockerfile } from './dockerfile/dockerfile.ts';
import { suggestion } from './dockerfile/suggestion.ts';
import { excerptOf } from './excerpt.ts';
import { hostPlatform, parsePlatform } from './platform.ts';
import { plainProgress } from './progress.ts';
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
    warn(options, source.dockerfile, source.text);
    return await build(options, path, source.dockerfile);
  } catch (err) {
    if (!(err instanceof BuildError)) throw err;
    const { line, message, cause, process } = err;
    if (line === undefined) throw new BuildError(line, `${basename(path)}: ${message}`, { cause, process });
    const excerpt = excerptOf(source.text, basename(path), {
      first: line,
      last: source.dockerfile?.lines.find((one) => one.line === line)?.lastLine ?? line,
    });
    throw new BuildError(line, `${basename(path)}:${line}: ${message}`, { cause, process, excerpt });
  }
}

async function build(options: BuildOptions, path: string, dockerfile: Dockerfile): Promise<BuildResult> {
  if (!(await stat(options.contextDir)).isDirectory()) throw new BuildError(undefined, `${options.contextDir} is not a directory`);
  for (const tag of options.tags) await options.images.get(tag); // what is no name is told before anything is built
  // `<Dockerfile>.dockerignore` beside the Dockerfile comes before the context's own.
  const rules = await IgnoreRules.of(options.contextDir, [`${path}.dockerignore`, join(options.contextDir, '.dockerignore')]);
  const context = new SourceTree(options.contextDir, rules);
  const platforms = options.platforms?.length ? options.platforms.map(platformOf) : [hostPlatform];
  const sessions: BuildSession[] = [];
  try {
    const images: Image[] = [];
    for (const platform of platforms) {
      const session = new BuildSession(options, dockerfile, context, platform);
      sessions.push(session);
      await importCaches(session);
      images.push(await imageOf(session, platforms.length > 1 ? [] : options.tags));
    }
    const image = images.length > 1 ? await options.building.commitIndex(images, options.tags) : images[0]!;
    const used = sessions.flatMap((session) => [...session.used.values()]);
    await exportCaches(options, used, new Set(images.flatMap(({ diffIds }) => diffIds)));
    const sum = (count: (session: BuildSession) => number): number => sessions.reduce((all, session) => all + count(session), 0);
    return { image, digest: image.id, steps: sum(({ steps }) => steps), cachedSteps: sum(({ cachedSteps }) => cachedSteps) };
  } finally {
    for (const session of sessions) await session.end();
  }
}

async function imageOf(session: BuildSession, names: readonly string[]): Promise<Image> {
  const { building, labels, cacheTo } = session.options;
  const state = await buildTarget(session);
  for (const [name, value] of Object.entries(labels ?? {})) state.config.Labels = { ...state.config.Labels, [name]: value };
  const config = withInlineCache(imageConfigOf(state, session.created), [...session.used.values()], cacheTo);
  return building.commitImage({ config, layers: state.layers, names });
}

function platformOf(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (err) {
    throw new BuildError(undefined, (err as Error).message, { cause: err });
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

/** Docker's build checks; `# check=error=true` makes errors of them. */
function warn({ report, output }: BuildOptions, dockerfile: Dockerfile, text: string): void {
  const say = report ?? plainProgress(output);
  const found = checkDockerfile(dockerfile, text);
  for (const { rule, line, text: words } of found) say({ do: 'warning', rule, line, text: words });
  const rules = [...new Set(found.map(({ rule }) => rule))];
  if (dockerfile.check.error && rules.length > 0)
    throw new BuildError(found[0]!.line, `lint violation found for rules: ${rules.join(', ')}`);
}

async function readNeeded(path: string): Promise<string> {
  try {
    return decodeName(await readFile(path));
  } catch (err) {
    throw new BuildError(undefined, `failed to read the Dockerfile: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
  }
}
