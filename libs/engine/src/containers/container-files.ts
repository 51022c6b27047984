import { pipeline } from 'node:stream/promises';
import type { ContainerFilesystem, RootFiles } from '#runtime/filesystems.contract';
import type { Engine } from '../engine.ts';
import { notFound } from '../errors.ts';
import type { Reply } from '../http/endpoint.ts';
import type { ContainerRecord } from './record.ts';
import { mountsOf } from './runtime-spec.ts';

/** What the runtime has to know of a container to find its files. */
export async function filesystemOf(engine: Engine, record: ContainerRecord): Promise<ContainerFilesystem> {
  const { containers, images } = engine;
  const image = await images.service.get(record.imageId);
  if (!image) throw notFound(`No such image: ${record.imageId}`);
  const running = containers.isRunning(record);
  if (!running) await containers.fillVolumes(record, image);
  return {
    id: record.id,
    diffIds: image.diffIds,
    keepLayer: !record.hostConfig.AutoRemove,
    running,
    mounts: mountsOf(record, containers.files(record.id)),
  };
}

/**
 * Files of a container, for as long as `use` runs. One that runs may end meanwhile, and what was opened stays what it is. One that does not
 * is kept from starting: its layer cannot be mounted twice.
 */
export async function withFiles<T>(
  engine: Engine,
  record: ContainerRecord,
  use: (files: RootFiles) => Promise<T>,
  view: 'open' | 'openLayers' = 'open',
): Promise<T> {
  const { filesystems } = engine.options;
  const used = async (files: RootFiles): Promise<T> => {
    try {
      return await use(files);
    } finally {
      await files.close();
    }
  };
  const outcome = await engine.containers.hold(record, async () => {
    const container = await filesystemOf(engine, record);
    const files = await filesystems[view](container);
    return container.running ? { files } : { result: await used(files) };
  });
  return outcome.files === undefined ? outcome.result : used(outcome.files);
}

/**
 * An archive as the answer. The files are held until it has been sent; what fails before its first byte is an error of its own. `done`
 * is called when it begins.
 */
export function streamed(
  engine: Engine,
  record: ContainerRecord,
  reply: { type: string; view?: 'open' | 'openLayers'; done: () => void },
  make: (files: RootFiles) => Promise<{ archive: AsyncGenerator<Buffer>; headers?: Record<string, string> }>,
): Promise<Reply> {
  const answer = Promise.withResolvers<Reply>();
  const use = async (files: RootFiles): Promise<void> => {
    const { archive, headers = {} } = await make(files);
    const sent = Promise.withResolvers<void>();
    answer.resolve({
      status: 200,
      type: reply.type,
      headers,
      async stream(out) {
        try {
          await pipeline(archive, out, { end: false });
        } finally {
          sent.resolve();
        }
      },
    });
    reply.done();
    await sent.promise;
  };
  withFiles(engine, record, use, reply.view).catch(answer.reject);
  return answer.promise;
}
