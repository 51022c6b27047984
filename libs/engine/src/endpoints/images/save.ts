import { pipeline } from 'node:stream/promises';
import type { SavedImage } from '#runtime/archives.contract';
import type { Digest } from '#base';
import type { Engine } from '../../engine.ts';
import { badParameter, notFound } from '../../errors.ts';
import type { Call, Endpoint, Reply } from '../../http/endpoint.ts';
import { familiar, inWords, repositoryOf } from '../../images/images.ts';
import { checkPlatform } from '../../system/platform.ts';

/** `docker save`: Docker Engine API, "Export an image", "Export several images". */
export const save: readonly Endpoint[] = [
  { method: 'GET', path: '/images/get', handle: (call, engine) => saved(engine, call, call.query.getAll('names')) },
  { method: 'GET', path: '/images/{name...}/get', handle: (call, engine) => saved(engine, call, [call.param('name')]) },
];

async function saved(engine: Engine, { query }: Call, references: readonly string[]): Promise<Reply> {
  const names = references.flatMap((text) => text.split(',')).filter(Boolean);
  if (names.length === 0) throw badParameter('no images to save');
  checkPlatform(query);
  const images = await chosen(engine, names);
  try {
    const archive = await engine.options.archives.save(images);
    return {
      status: 200,
      type: 'application/x-tar',
      async stream(out) {
        await pipeline(archive, out, { end: false });
        for (const { id } of images) engine.events.emit('image', 'save', id, { name: id });
      },
    };
  } catch (err) {
    throw inWords(err);
  }
}

/** A name without a tag means all of its tags; an id, no name. */
async function chosen(engine: Engine, references: readonly string[]): Promise<SavedImage[]> {
  const found = new Map<Digest, Set<string>>();
  const add = (id: Digest, names: readonly string[]): void => {
    const known = found.get(id) ?? new Set();
    for (const name of names) known.add(name);
    found.set(id, known);
  };
  const all = await engine.images.service.list();
  for (const reference of references) {
    const isNameAlone = !reference.includes('@') && repositoryOf(reference) === reference;
    const named = isNameAlone ? all.filter(({ names }) => names.some((name) => repositoryOf(familiar(name)) === familiar(reference))) : [];
    for (const { id, names } of named)
      add(
        id,
        names.filter((name) => repositoryOf(familiar(name)) === familiar(reference)),
      );
    if (named.length > 0) continue;
    const image = await engine.images.find(reference);
    if (!image) throw notFound(isNameAlone ? `No such image: ${reference}` : 'reference does not exist');
    add(
      image.id,
      image.names.filter((name) => familiar(name) === familiar(reference)),
    );
  }
  return [...found].map(([id, names]) => ({ id, names: [...names] }));
}
