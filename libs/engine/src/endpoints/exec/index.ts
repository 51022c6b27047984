import type { Duplex } from 'node:stream';
import type { Exec } from '../../containers/execs.ts';
import { bool, struct } from '../../containers/decode.ts';
import type { Engine } from '../../engine.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { jsonBody } from '../../http/json-body.ts';
import { multiplexedType, rawType } from '../../http/raw-stream.ts';
import { inputOf, keysOf, outputOf } from '../containers/attach.ts';
import { terminalSize } from '../containers/resize.ts';

const startShape = struct({ Detach: bool, Tty: bool });

export const exec: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/containers/{name}/exec',
    async handle({ param, body }, engine) {
      const record = await engine.find(param('name'));
      return { status: 201, json: { Id: engine.execs.create(record, await jsonBody(body)).id } };
    },
  },
  {
    method: 'POST',
    path: '/exec/{id}/start',
    async handle({ param, body }, engine) {
      const found = engine.execs.find(param('id'));
      const { Detach: detach } = startShape(await jsonBody(body), 'ExecStartCheck');
      engine.execs.claim(found);
      if (!detach)
        return { type: found.settings.Tty ? rawType : multiplexedType, hijack: (connection) => attached(engine, found, connection) };
      engine.execs
        .run(found, {})
        .catch((err: unknown) => engine.options.logger.info({ err, exec: found.id }, 'a detached exec did not run'));
      return { status: 200, text: '' };
    },
  },
  {
    method: 'GET',
    path: '/exec/{id}/json',
    async handle({ param }, engine) {
      const { id, container, settings, state, exitCode, pid } = engine.execs.find(param('id'));
      const [entrypoint = '', ...args] = settings.Cmd ?? [];
      return {
        status: 200,
        json: {
          ID: id,
          Running: state === 'running',
          ExitCode: exitCode,
          ProcessConfig: {
            tty: settings.Tty,
            entrypoint,
            arguments: args,
            privileged: settings.Privileged,
            ...(settings.User && { user: settings.User }),
          },
          OpenStdin: settings.AttachStdin,
          OpenStderr: settings.AttachStderr,
          OpenStdout: settings.AttachStdout,
          CanRemove: false,
          ContainerID: container.id,
          DetachKeys: settings.DetachKeys ?? '',
          Pid: pid,
        },
      };
    },
  },
  {
    method: 'POST',
    path: '/exec/{id}/resize',
    async handle({ param, query }, engine) {
      engine.execs.find(param('id')).sizes.push(terminalSize(query));
      return { status: 200, text: '' };
    },
  },
];

/** The process's streams are the connection. Of one that cannot be run the reason comes where its output would, as Docker has it. */
async function attached(engine: Engine, found: Exec, connection: Duplex): Promise<void> {
  const { settings } = found;
  const over = new AbortController();
  const tty = settings.Tty;
  const io = {
    ...(settings.AttachStdin && { stdin: inputOf(connection, { tty, keys: keysOf(settings.DetachKeys), detach: () => over.abort() }) }),
    ...outputOf(connection, { tty, stdout: settings.AttachStdout, stderr: settings.AttachStderr }),
  };
  try {
    const detached = new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([engine.execs.run(found, io), detached]);
  } catch (err) {
    const words = `OCI runtime exec failed: exec failed: ${(err as Error).message}: unknown\r\n`;
    (io.stdout ?? io.stderr ?? connection).write(words);
  }
}
