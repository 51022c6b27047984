import { closeSync, constants, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock } from '#base';
import type { ExecIo } from '../containers.contract.ts';
import { PacketSender } from '../host/index.ts';
import type { ContainerRecord } from './container-record.ts';
import { readLog } from './log-file.ts';

const PACKET_BYTES = 8 * 1024; // conmon reads no more at once

/**
 * Connects to the container's own standard streams: output by its log from now on or from a byte of it, input through conmon's socket. Ends when the container
 * does, or with the signal. The input of a container with `stdinOnce` ends with the first that was attached.
 */
export async function attachTo(
  record: ContainerRecord,
  io: ExecIo,
  { clock, from }: { clock: Clock; from: number | undefined },
): Promise<void> {
  const over = new AbortController();
  const signal = io.signal ? AbortSignal.any([io.signal, over.signal]) : over.signal;
  // What is written from here on is an answer to the input.
  const offset = from ?? (await stat(record.spec.logPath)).size;
  const input = io.stdin && record.spec.stdin && !record.exit ? sendInput(record, io.stdin, { clock, signal }) : undefined;
  const sizes = record.spec.tty ? followSizes(record, io.resize) : undefined;
  // The container's end ends them, whatever they were at. Heard from now on: one that fails before then would be an unhandled rejection.
  const helpers = Promise.allSettled([input, sizes]);
  try {
    for await (const lines of readLog(record.spec.logPath, {
      follow: true,
      offset,
      ended: record.exited.then(() => undefined),
      signal,
    })) {
      for (const { stream, text, partial } of lines) {
        const target = stream === 'stdout' || record.spec.tty ? io.stdout : io.stderr;
        if (target) await write(target, partial ? text : Buffer.concat([text, newline]));
      }
    }
  } finally {
    over.abort();
    await helpers;
  }
}

const newline = Buffer.from('\n');

function write(target: NodeJS.WritableStream, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    target.write(bytes, (err) => (err ? reject(err) : resolve()));
  });
}

async function sendInput(
  record: ContainerRecord,
  stdin: NodeJS.ReadableStream,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const sender = connect(record);
  const destroy = (): void => {
    (stdin as NodeJS.ReadableStream & { destroy?: () => void }).destroy?.();
  };
  signal.addEventListener('abort', destroy, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      for (let begin = 0; begin < chunk.length; begin += PACKET_BYTES) {
        // There is no way to wait for room on a packet socket from here; its buffer holds many packets.
        while (!sender.send(chunk.subarray(begin, begin + PACKET_BYTES))) await clock.sleep(5, signal);
      }
    }
  } finally {
    signal.removeEventListener('abort', destroy);
    sender.close();
  }
}

/** A socket's path may have 107 bytes; through a descriptor of its directory it always fits. */
function connect(record: ContainerRecord): PacketSender {
  const fd = openSync(record.bundle.dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return PacketSender.connect(`/proc/self/fd/${fd}/attach`);
  } finally {
    closeSync(fd);
  }
}

async function followSizes(record: ContainerRecord, sizes: ExecIo['resize']): Promise<void> {
  for await (const { columns, rows } of sizes ?? []) {
    if (record.exit) return;
    await record.control(`1 ${rows} ${columns}\n`);
  }
}
