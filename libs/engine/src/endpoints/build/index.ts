import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '#base';
import type { BuildResult } from '#builder/contract';
import type { Engine } from '../../engine.ts';
import { badParameter } from '../../errors.ts';
import type { Call, Endpoint, Reply } from '../../http/endpoint.ts';
import { flag } from '../../http/query.ts';
import { familiar, inWords } from '../../images/images.ts';
import { ClassicProgress, classicWords } from './classic-progress.ts';
import { contextFrom } from './context.ts';
import { optionsOf } from './options.ts';
import { prune } from './prune.ts';

export const build: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/build',
    async handle(call, engine) {
      const options = optionsOf(call, engine);
      // What is no name is told before anything is built.
      for (const tag of options.tags) await engine.options.images.get(tag).catch(refuseName);
      const directory = join(engine.options.rootDir, 'builds', engine.options.random.uuid());
      await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        return await builtFrom(engine, call, { options, directory });
      } catch (err) {
        await removeTree(directory);
        throw err;
      }
    },
  },
  prune,
];

const refuseName = (err: unknown): never => {
  throw inWords(err);
};

type Options = ReturnType<typeof optionsOf>;

/** The directory goes when the answer has been sent. What is wrong before the first step is an error of the request. */
async function builtFrom(engine: Engine, call: Call, { options, directory }: { options: Options; directory: string }): Promise<Reply> {
  const quiet = flag(call.query, 'q');
  const progress = new ClassicProgress(engine.options.random, quiet);
  const { contextDir, dockerfile } = await contextFrom(engine, call, directory);
  const done = build();
  await Promise.race([progress.begun, done]).catch((err: unknown) => {
    throw badParameter(classicWords(err).message);
  });
  return {
    status: 200,
    type: 'application/json',
    async stream(out) {
      progress.to((text) => void out.write(text));
      try {
        progress.result(await done, options.tags);
      } catch (err) {
        progress.failure(err);
      }
    },
  };

  async function build(): Promise<BuildResult> {
    try {
      const result = await engine.options.builder.build({
        ...options,
        contextDir,
        dockerfile,
        output: () => undefined,
        report: (event) => progress.report(event),
      });
      await engine.images.service.pin(result.image.id);
      for (const tag of options.tags) engine.events.emit('image', 'tag', result.digest, { name: familiar(tag) });
      return result;
    } finally {
      await removeTree(directory);
    }
  }
}
