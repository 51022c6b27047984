import { PassThrough, type Duplex, type Writable } from 'node:stream';
import type { ExecIo } from '#runtime/containers.contract';
import type { ContainerRecord } from '../../containers/record.ts';
import type { Engine } from '../../engine.ts';
import { badParameter, conflict } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { DetachFilter, detachKeys, framed, multiplexedType, rawType, unframed } from '../../http/raw-stream.ts';
import { flag } from '../../http/query.ts';

export const attach: Endpoint = {
  method: 'POST',
  path: '/containers/{name}/attach',
  async handle({ param, query }, engine) {
    const record = await engine.find(param('name'));
    const status = engine.containers.status(record);
    if (status === 'paused') throw conflict(`Container ${record.name} is paused, unpause the container before attach`);
    if (status === 'restarting') throw conflict(`Container ${record.name} is restarting, wait until the container is running`);
    const wanted = {
      stdin: flag(query, 'stdin'),
      stdout: flag(query, 'stdout'),
      stderr: flag(query, 'stderr'),
      stream: flag(query, 'stream'),
    };
    const keys = keysOf(query.get('detachKeys'));
    const { Tty: tty, OpenStdin: hasInput } = record.config;
    engine.containers.emit(record, 'attach');
    return {
      type: tty ? rawType : multiplexedType,
      async hijack(connection) {
        const over = new AbortController();
        connection.on('close', () => over.abort());
        const io: ExecIo = {
          ...(wanted.stdin && hasInput && { stdin: inputOf(connection, { tty, keys, detach: () => over.abort() }) }),
          ...outputOf(connection, { tty, ...wanted }),
          signal: over.signal,
        };
        await stream(engine, record, io, { past: flag(query, 'logs'), follow: wanted.stream });
        if (over.signal.aborted) engine.containers.emit(record, 'detach');
      },
    };
  },
};

/** Docker's keys unless told otherwise. Throws 400. */
export function keysOf(text: string | null | undefined): Buffer {
  try {
    return detachKeys(text || 'ctrl-p,ctrl-q');
  } catch (err) {
    throw badParameter((err as Error).message);
  }
}

export function inputOf(
  connection: Duplex,
  { tty, keys, detach }: { tty: boolean; keys: Buffer; detach: () => void },
): NodeJS.ReadableStream {
  // Its end is the end of the input alone: the other direction stays open.
  const input = tty ? new DetachFilter(keys, detach) : new PassThrough();
  connection.pipe(input);
  return input;
}

export function outputOf(
  connection: Duplex,
  { tty, stdout, stderr }: { tty: boolean; stdout: boolean; stderr: boolean },
): { stdout?: Writable; stderr?: Writable } {
  return {
    ...(stdout && { stdout: tty ? unframed(connection) : framed('stdout', connection) }),
    ...(stderr && !tty && { stderr: framed('stderr', connection) }),
  };
}

/** From the beginning of the log, of the present or next run, or of nothing that was before. */
async function stream(
  engine: Engine,
  record: ContainerRecord,
  io: ExecIo,
  { past, follow }: { past: boolean; follow: boolean },
): Promise<void> {
  const { runtime } = engine.options;
  const live = engine.containers.live(record.id);
  if (engine.containers.isRunning(record)) {
    const attached = past ? runtime.attach(record.id, io, 0) : runtime.attach(record.id, io);
    return follow ? keep(live.attached, attached) : attached;
  }
  if (!follow) return;
  const run = Promise.withResolvers<void>();
  const leave = live.join(() => run.resolve(keep(live.attached, runtime.attach(record.id, io, past ? 0 : record.state.logOffset))));
  const giveUp = (): void => run.resolve();
  io.signal?.addEventListener('abort', giveUp, { once: true });
  // A start that fails has no run, and a container that is removed never will.
  void Promise.race([live.nextExit(), live.removed()]).then(giveUp);
  try {
    await run.promise;
  } finally {
    leave();
  }
}

async function keep(attached: Set<Promise<void>>, attachment: Promise<void>): Promise<void> {
  const done = attachment.catch(() => undefined); // its caller gets the error
  attached.add(done);
  try {
    await attachment;
  } finally {
    attached.delete(done);
  }
}
