import type { ContainerRecord } from '../../containers/record.ts';
import { pause, unpause } from '../../containers/pausing.ts';
import { checkName } from '../../containers/names.ts';
import type { Engine } from '../../engine.ts';
import { badParameter, EngineError } from '../../errors.ts';
import type { Call, Endpoint } from '../../http/endpoint.ts';
import { flag, whole } from '../../http/query.ts';

/** What is told to one container, and answered with nothing. */
function command(name: string, act: (engine: Engine, record: ContainerRecord, call: Call) => Promise<void>): Endpoint {
  return {
    method: 'POST',
    path: `/containers/{name}/${name}`,
    async handle(call, engine) {
      await act(engine, await engine.findOwn(call.param('name')), call);
      return { status: 204 };
    },
  };
}

const stopping = ({ query }: Call) => ({ seconds: whole(query, 't'), signal: query.get('signal') ?? undefined });

export const lifecycle: Endpoint[] = [
  command('start', (engine, record) => engine.containers.start(record)),
  command('stop', (engine, record, call) => engine.containers.stop(record, stopping(call))),
  command('restart', (engine, record, call) => engine.containers.restart(record, stopping(call))),
  command('kill', (engine, record, { query }) => engine.containers.kill(record, query.get('signal') ?? '')),
  command('pause', (engine, record) => pause(engine.containers, record)),
  command('unpause', (engine, record) => unpause(engine.containers, record)),
  command('rename', async (engine, record, { query }) => {
    const name = (query.get('name') ?? '').replace(/^\//, '');
    if (name === '') throw badParameter('Neither old nor new names may be empty');
    checkName(name);
    if (name === record.name) throw badParameter('Renaming a container with the same name as its current name');
    await engine.containers.rename(record, name).catch((err: unknown) => {
      if (err instanceof EngineError) throw new EngineError(err.status, `Error when allocating new name: ${err.message}`);
      throw err;
    });
  }),
  {
    method: 'DELETE',
    path: '/containers/{name}',
    async handle({ param, query }, engine) {
      if (flag(query, 'link')) throw badParameter('links are not supported by this engine');
      await engine.containers.remove(await engine.findOwn(param('name')), {
        force: flag(query, 'force'),
        volumes: flag(query, 'v'),
      });
      return { status: 204 };
    },
  },
];
