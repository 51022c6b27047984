import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import type { Call, Reply } from '../http/endpoint.ts';
import { checkPlatform } from '../system/platform.ts';
import { goArchitecture } from '../system/versions.ts';
import { inWords } from './images.ts';

/** `docker import`: an image of one layer, of a root file system in an archive. Only from the request itself. */
export async function importImage(engine: Engine, { query, body }: Call, source: string): Promise<Reply> {
  if (source !== '-')
    throw badParameter('an image is imported from standard input: archives are not fetched from addresses by this engine');
  checkPlatform(query);
  if (query.getAll('changes').length > 0) throw badParameter('changes of an imported image are not supported by this engine');
  const { building } = engine.images;
  const repo = query.get('repo') ?? '';
  const name = repo === '' ? [] : [engine.images.withTag(query.get('tag') ? `${repo}:${query.get('tag')}` : repo)];
  const upper = await building.newUpper();
  try {
    await building.unpackArchive(body as AsyncIterable<Buffer>, upper.path);
    const created = engine.options.clock.now();
    const layer = await building.commitLayer(upper.path, { timestampSeconds: Math.floor(created.getTime() / 1000) });
    const layers = layer ? [layer] : [];
    const comment = query.get('message') || `Imported from ${source}`;
    const { id } = await building.commitImage({
      config: {
        architecture: goArchitecture(),
        os: 'linux',
        created: created.toISOString(),
        config: {},
        rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
        history: [{ created: created.toISOString(), comment }],
      },
      layers,
      names: name,
    });
    engine.events.emit('image', 'import', id, { name: name[0] ?? id });
    return { status: 200, type: 'application/json', stream: async (out) => void out.write(`${JSON.stringify({ status: id })}\n`) };
  } catch (err) {
    throw inWords(err);
  } finally {
    await upper.remove();
  }
}
