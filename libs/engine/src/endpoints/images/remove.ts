import type { ContainerRecord } from '../../containers/record.ts';
import type { Image } from '#runtime/images.contract';
import type { Engine } from '../../engine.ts';
import { conflict } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { familiar, shortId } from '../../images/images.ts';
import { flag } from '../../http/query.ts';

export const remove: Endpoint = {
  method: 'DELETE',
  path: '/images/{name...}',
  async handle({ param, query }, engine) {
    const reference = param('name');
    const image = await engine.images.must(reference);
    const force = flag(query, 'force');
    const named = image.names.find((name) => familiar(name) === familiar(engine.images.withTag(reference)));
    // By its id all of its names go, which may be more than was meant.
    if (named === undefined && image.names.length > 1 && !force) {
      throw conflict(`conflict: unable to delete ${shortId(image.id)} (must be forced) - image is referenced in multiple repositories`);
    }
    const names = named === undefined ? image.names : [named];
    const isLast = names.length === image.names.length;
    const users = isLast ? (await engine.everything()).filter(({ imageId }) => imageId === image.id) : [];
    if (named === undefined) demandUnused(engine, image, { users, force });
    else if (users[0] && !force) {
      throw conflict(
        `conflict: unable to remove repository reference "${reference}" (must force) - container ${shortId(users[0].id)} is using its referenced image ${shortId(image.id)}`,
      );
    }
    return { status: 200, json: await removeNames(engine, image, { names, keep: users.length > 0 }) };
  },
};

function demandUnused(engine: Engine, image: Image, { users, force }: { users: readonly ContainerRecord[]; force: boolean }): void {
  const running = users.find((record) => engine.containers.isRunning(record));
  if (running) {
    throw conflict(
      `conflict: unable to delete ${shortId(image.id)} (cannot be forced) - image is being used by running container ${shortId(running.id)}`,
    );
  }
  if (users[0] && !force) {
    throw conflict(
      `conflict: unable to delete ${shortId(image.id)} (must be forced) - image is being used by stopped container ${shortId(users[0].id)}`,
    );
  }
}

/** Takes names away; with the last one the image goes, and what only it was made of. `keep`: without a name it stays, for its containers' sake. */
export async function removeNames(
  engine: Engine,
  image: Image,
  { names, keep = false }: { names: readonly string[]; keep?: boolean },
): Promise<object[]> {
  const answer: object[] = [];
  for (const name of names) {
    await engine.images.service.remove(name);
    engine.events.emit('image', 'untag', image.id, { name: familiar(name) });
    answer.push({ Untagged: familiar(name) });
  }
  if (keep || names.length < image.names.length) return answer;
  await engine.images.service.remove(image.id);
  await engine.images.service.collectGarbage();
  engine.events.emit('image', 'delete', image.id, { name: image.id });
  return [...answer, ...image.repoDigests.map((digest) => ({ Untagged: familiar(digest) })), { Deleted: image.id }];
}
