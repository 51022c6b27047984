import { mkdir, writeFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { removeTree } from '#base';
import type { BuildOptions, BuildResult } from '#builder/contract';
import { map, text } from '../../containers/decode.ts';
import type { Engine } from '../../engine.ts';
import { badParameter, EngineError } from '../../errors.ts';
import type { Call, Endpoint, Reply } from '../../http/endpoint.ts';
import { flag, whole } from '../../http/query.ts';
import { checkPlatform } from '../../system/platform.ts';
import { familiar, inWords, shortId } from '../../images/images.ts';

/** Parameters that change what is built, and that this builder does not have. */
const unserved = [
  'remote',
  'squash',
  'extrahosts',
  'memory',
  'memswap',
  'cpushares',
  'cpusetcpus',
  'cpuperiod',
  'cpuquota',
  'shmsize',
  'isolation',
];

export const build: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/build',
    async handle(call, engine) {
      checkParameters(call.query);
      const directory = join(engine.options.rootDir, 'builds', engine.options.random.uuid());
      await mkdir(join(directory, 'context'), { recursive: true, mode: 0o700 });
      let reply: Reply;
      try {
        reply = await builtFrom(engine, call, directory);
      } catch (err) {
        await removeTree(directory);
        throw err;
      }
      return reply;
    },
  },
  {
    method: 'POST',
    path: '/build/prune',
    async handle() {
      throw new EngineError(501, 'the cache of the builder is collected by itself, when its layers are not used any more');
    },
  },
];

function checkParameters(query: URLSearchParams): void {
  checkPlatform(query);
  if (query.get('version') === '2') {
    throw badParameter('BuildKit is not served by this engine: build with DOCKER_BUILDKIT=0');
  }
  for (const name of unserved) {
    const value = query.get(name);
    if (value !== null && !['', '0', 'null', '[]', 'default'].includes(value))
      throw badParameter(`build parameter ${name} is not supported by this engine`);
  }
  if (!['', 'default', 'host'].includes(query.get('networkmode') ?? ''))
    throw badParameter(`network mode ${query.get('networkmode')} is not supported for builds by this engine`);
  if ((whole(query, 'memory') ?? 0) > 0) throw badParameter('limits of builds are not supported by this engine');
}

/** The context is unpacked; the directory goes when the answer has been sent. */
async function builtFrom(engine: Engine, { query, body, signal }: Call, directory: string): Promise<Reply> {
  const contextDir = join(directory, 'context');
  try {
    await engine.images.building.unpackArchive(body as AsyncIterable<Buffer>, contextDir);
  } catch (err) {
    throw inWords(err);
  }
  const dockerfile = await dockerfileOf(engine, { contextDir, directory, name: query.get('dockerfile') || 'Dockerfile' });
  const tags = query
    .getAll('t')
    .filter(Boolean)
    .map((name) => engine.images.withTag(name));
  const said = new Said(flag(query, 'q'));
  const target = query.get('target');
  const options: Omit<BuildOptions, 'runner' | 'cacheDir' | 'images' | 'building'> = {
    contextDir,
    dockerfile,
    tags,
    buildArgs: pairs(query, 'buildargs'),
    labels: pairs(query, 'labels'),
    ...(target && { target }),
    noCache: flag(query, 'nocache'),
    output: (line) => said.line(line),
    signal,
  };
  const done = (async () => {
    try {
      const result = await engine.options.build(options);
      await engine.images.service.pin(result.image.id);
      return result;
    } finally {
      await removeTree(directory);
    }
  })();
  // What is wrong before the first step is an error of the request.
  await Promise.race([said.begun, done]).catch((err: unknown) => {
    throw badParameter(wordsOf(err));
  });
  return {
    status: 200,
    type: 'application/json',
    async stream(out) {
      said.to((text) => void out.write(text));
      try {
        said.result(engine, await done, tags);
      } catch (err) {
        const message = wordsOf(err);
        said.write({ errorDetail: { message }, error: message });
      }
    },
  };
}

/** What is said before anybody listens waits. */
class Said {
  private readonly first = Promise.withResolvers<void>();
  private waiting: string[] = [];
  private out: ((text: string) => void) | undefined;

  constructor(private readonly quiet: boolean) {}

  /** Resolves with the first line of the builder. */
  get begun(): Promise<void> {
    return this.first.promise;
  }

  line(text: string): void {
    if (!this.quiet) this.write({ stream: text });
    this.first.resolve();
  }

  write(message: object): void {
    const text = `${JSON.stringify(message)}\r\n`;
    if (this.out) this.out(text);
    else this.waiting.push(text);
  }

  to(out: (text: string) => void): void {
    this.out = out;
    for (const text of this.waiting) out(text);
    this.waiting = [];
  }

  result(engine: Engine, { digest }: BuildResult, tags: readonly string[]): void {
    this.write({ aux: { ID: digest } });
    if (this.quiet) return this.write({ stream: `${digest}\n` });
    this.write({ stream: `Successfully built ${shortId(digest)}\n` });
    for (const tag of tags) {
      engine.events.emit('image', 'tag', digest, { name: familiar(tag) });
      this.write({ stream: `Successfully tagged ${familiar(tag)}\n` });
    }
  }
}

/** A link of the context may lead anywhere: the text is read inside it, and built from where nobody has put a link. */
async function dockerfileOf(
  engine: Engine,
  { contextDir, directory, name }: { contextDir: string; directory: string; name: string },
): Promise<string> {
  const inside = normalize(name).replace(/^\/+/, '');
  const read = (path: string): string | undefined => engine.options.mounts.readWithin(contextDir, path);
  const text = inside.startsWith('..') ? undefined : read(inside);
  if (text === undefined) throw new EngineError(500, `Cannot locate specified Dockerfile: ${name}`);
  const path = join(directory, 'Dockerfile');
  await writeFile(path, text);
  const rules = read(`${inside}.dockerignore`);
  if (rules !== undefined) await writeFile(`${path}.dockerignore`, rules);
  return path;
}

function pairs(query: URLSearchParams, name: string): Record<string, string> {
  const json = query.get(name);
  if (json === null || json === '') return {};
  try {
    return map(text())(JSON.parse(json), name);
  } catch (err) {
    throw badParameter(`error reading ${name}: ${(err as Error).message}`);
  }
}

const wordsOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));
