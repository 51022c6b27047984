import type { Writable } from 'node:stream';
import type { LogLine } from '#runtime/logs.contract';
import { badParameter } from '../../errors.ts';
import { demandReadable, logDetails } from '../../containers/log-driver.ts';
import { logLines } from '../../containers/log-lines.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { framed, multiplexedType, rawType, unframed } from '../../http/raw-stream.ts';
import { flag } from '../../http/query.ts';
import { timeOf } from '../system/events.ts';

export const logs: Endpoint = {
  method: 'GET',
  path: '/containers/{name}/logs',
  async handle({ param, query, signal }, engine) {
    const { containers, options } = engine;
    const record = await engine.find(param('name'));
    const [out, err] = [flag(query, 'stdout'), flag(query, 'stderr')];
    if (!out && !err) throw badParameter('Bad parameters: you must choose at least one stream');
    const [sinceMs, untilMs] = [timeOf(query, 'since'), timeOf(query, 'until')];
    const [timestamps, tail] = [flag(query, 'timestamps'), tailOf(query.get('tail'))];
    const follow = flag(query, 'follow') && containers.isRunning(record);
    demandReadable(record);
    const details = flag(query, 'details') ? `${logDetails(record)} ` : '';
    const lines = logLines(options.logs, containers.logOf(record), {
      follow,
      ...(tail !== undefined && { tailLines: tail }),
      ...(sinceMs !== undefined && { sinceTime: new Date(sinceMs) }),
      ...(out !== err && { stream: out ? ('stdout' as const) : ('stderr' as const) }),
      ...(follow && {
        ended: containers.nextExit(record).then(() => undefined),
      }),
      signal,
    });
    const { Tty: tty } = record.config;
    return {
      status: 200,
      type: tty ? rawType : multiplexedType,
      async stream(to) {
        const streams = tty
          ? { stdout: unframed(to), stderr: unframed(to) }
          : { stdout: framed('stdout', to), stderr: framed('stderr', to) };
        for await (const batch of lines) {
          for (const line of batch) {
            if (untilMs !== undefined && Date.parse(line.time) > untilMs) return;
            await write(streams[line.stream], shown(line, timestamps, details));
          }
        }
      },
    };
  },
};

const newline = Buffer.from('\n');

function shown({ time, text, partial }: LogLine, timestamps: boolean, details: string): Buffer {
  return Buffer.concat([...(timestamps ? [Buffer.from(`${time} `)] : []), Buffer.from(details), text, ...(partial ? [] : [newline])]);
}

/** Not a number, or `all`, is all of them. */
function tailOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export function write(to: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => to.write(bytes, (err) => (err ? reject(err) : resolve())));
}
