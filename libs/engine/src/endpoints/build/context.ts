import { mkdir, writeFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Engine } from '../../engine.ts';
import { badParameter, EngineError } from '../../errors.ts';
import type { Call } from '../../http/endpoint.ts';
import { inWords } from '../../images/images.ts';

/** The build context and its Dockerfile, in a directory of ours: what the client has sent, or what is at `remote`. */
export async function contextFrom(
  engine: Engine,
  { query, body, signal }: Call,
  directory: string,
): Promise<{ contextDir: string; dockerfile: string }> {
  const remote = query.get('remote') ?? '';
  const name = query.get('dockerfile') || 'Dockerfile';
  if (remote === '') {
    const contextDir = join(directory, 'context');
    await mkdir(contextDir);
    await engine.images.building.unpackArchive(body as AsyncIterable<Buffer>, contextDir).catch((err: unknown) => {
      throw inWords(err);
    });
    return { contextDir, dockerfile: await dockerfileOf(engine, { contextDir, directory, name }) };
  }
  try {
    const { contextDir, dockerfile } = await engine.options.builder.fetchContext(remote, directory, signal);
    return { contextDir, dockerfile: dockerfile ?? (await dockerfileOf(engine, { contextDir, directory, name })) };
  } catch (err) {
    if (err instanceof EngineError) throw err;
    throw badParameter(`unable to prepare context: ${(err as Error).message}`);
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
