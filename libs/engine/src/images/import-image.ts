import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import type { Call, Reply } from '../http/endpoint.ts';
import { platformOf } from '../system/platform.ts';
import { changedBy } from './commit-container.ts';
import { familiar, inWords } from './images.ts';

/** `docker import`: an image of one layer, of a root file system in an archive. Only from the request itself. */
export async function importImage(engine: Engine, { query, body }: Call, source: string): Promise<Reply> {
  if (source !== '-')
    throw badParameter('an image is imported from standard input: archives are not fetched from addresses by this engine');
  const { os, architecture, variant } = platformOf(query);
  const { building } = engine.images;
  const repo = query.get('repo') ?? '';
  const name = repo === '' ? undefined : engine.images.withTag(query.get('tag') ? `${repo}:${query.get('tag')}` : repo);
  if (name !== undefined) await engine.images.checkName(name);
  const config = changedBy(engine, {}, query.getAll('changes'));
  try {
    const layer = await building.addLayer(body as AsyncIterable<Buffer>);
    const release = await building.hold([layer]);
    try {
      const created = engine.options.clock.now().toISOString();
      const { id } = await building.commitImage({
        config: {
          architecture,
          ...(variant !== undefined && { variant }),
          os,
          created,
          config,
          rootfs: { type: 'layers', diff_ids: [layer.diffId] },
          history: [{ created, comment: query.get('message') || `Imported from ${source}` }],
        },
        layers: [layer],
        names: name === undefined ? [] : [name],
        pinned: true,
      });
      engine.events.emit('image', 'import', id, { name: name === undefined ? id : familiar(name) });
      if (name !== undefined) engine.events.emit('image', 'tag', id, { name: familiar(name) });
      return { status: 200, type: 'application/json', stream: async (out) => void out.write(`${JSON.stringify({ status: id })}\n`) };
    } finally {
      release();
    }
  } catch (err) {
    throw inWords(err);
  }
}
