import type { RootFiles } from '#runtime/filesystems.contract';
import { systemReason } from '#base';
import { streamed, withFiles } from '../../containers/container-files.ts';
import { absolutePath, baseName, pathStatHeader } from '../../containers/path-stat.ts';
import type { ContainerRecord } from '../../containers/record.ts';
import type { Engine } from '../../engine.ts';
import { badParameter, EngineError, notFound } from '../../errors.ts';
import type { Call, Endpoint, Reply } from '../../http/endpoint.ts';
import { flag } from '../../http/query.ts';

/** `docker cp`: Docker Engine API, "Get information about files in a container", "Get an archive", "Extract an archive". */
const path = '/containers/{name}/archive';
const statHeader = 'X-Docker-Container-Path-Stat';

export const archive: readonly Endpoint[] = [
  {
    method: 'HEAD',
    path,
    async handle(call, engine) {
      const { record, path: asked } = target(call, engine);
      const stat = await withFiles(engine, record, async (files) => statOf(files, call, asked));
      return { status: 200, text: '', headers: { [statHeader]: stat.header } };
    },
  },
  { method: 'GET', path, handle: read },
  {
    method: 'PUT',
    path,
    async handle(call, engine) {
      const { record, path: asked } = target(call, engine);
      const options = { keepKinds: flag(call.query, 'noOverwriteDirNonDir'), copyUser: flag(call.query, 'copyUIDGID') };
      try {
        await withFiles(engine, record, (files) => write(files, call, { record, asked, ...options }));
      } catch (err) {
        throw inWords(err, call, asked);
      }
      engine.containers.emit(record, 'extract-to-dir');
      return { status: 200, text: '' };
    },
  },
];

function target({ param, query }: Call, engine: Engine): { record: ContainerRecord; path: string } {
  const asked = query.get('path') ?? '';
  if (asked === '') throw badParameter("bad parameter: 'path' cannot be empty");
  return { record: engine.containers.book.find(param('name')), path: asked };
}

async function read(call: Call, engine: Engine): Promise<Reply> {
  const { record, path: asked } = target(call, engine);
  const reply = { type: 'application/x-tar', done: () => engine.containers.emit(record, 'archive-path') };
  try {
    return await streamed(engine, record, reply, async (files) => {
      const { absolute, header } = statOf(files, call, asked);
      const name = baseName(absolute);
      return { archive: files.archive(absolute, name === '/' ? '' : name), headers: { [statHeader]: header } };
    });
  } catch (err) {
    throw inWords(err, call, asked);
  }
}

function statOf(files: RootFiles, call: Call, asked: string): { absolute: string; header: string } {
  const absolute = absolutePath(asked);
  try {
    return { absolute, header: pathStatHeader(files, absolute, files.stat(absolute)) };
  } catch (err) {
    throw inWords(err, call, asked);
  }
}

async function write(
  files: RootFiles,
  { body }: Call,
  { record, asked, keepKinds, copyUser }: { record: ContainerRecord; asked: string; keepKinds: boolean; copyUser: boolean },
): Promise<void> {
  const directory = files.resolve(absolutePath(asked));
  if (files.stat(directory).type !== 'directory') throw badParameter('extraction point is not a directory');
  demandWritable(record, directory);
  const { User: user } = record.config;
  const owner = copyUser && user !== '' ? { owner: files.userOf(user) } : {};
  await files.extract(directory, body as AsyncIterable<Buffer>, { keepKinds, ...owner });
}

/** The mount that a path lies in decides, else the root. */
function demandWritable({ mounts, hostConfig }: ContainerRecord, path: string): void {
  const over = mounts
    .filter(({ Destination }) => path === Destination || path.startsWith(`${Destination}/`))
    .toSorted((a, b) => b.Destination.length - a.Destination.length)[0];
  if (over && !over.RW) throw badParameter('mounted volume is marked read-only');
  if (!over && hostConfig.ReadonlyRootfs) throw badParameter('container rootfs is marked read-only');
}

function inWords(err: unknown, { param }: Call, path: string): unknown {
  if (err instanceof EngineError) return err;
  const { code } = err as NodeJS.ErrnoException;
  if (code === 'ENOENT') return notFound(`Could not find the file ${path} in container ${param('name')}`);
  return new EngineError(500, systemReason(err), { cause: err });
}
