import type { Engine } from '../../engine.ts';
import type { ContainerRecord } from '../../containers/record.ts';
import { badParameter } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';

export const wait: Endpoint = {
  method: 'POST',
  path: '/containers/{name}/wait',
  async handle({ param, query, signal }, engine) {
    const record = await engine.find(param('name'));
    const exit = ending(engine, record, query.get('condition') || 'not-running');
    const gone = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
    return {
      status: 200,
      type: 'application/json',
      async stream(out) {
        const code = await Promise.race([exit, gone]);
        if (code !== undefined) out.write(`${JSON.stringify({ Error: null, StatusCode: code })}\n`);
      },
    };
  },
};

function ending({ containers }: Engine, record: ContainerRecord, condition: string): Promise<number> {
  const live = containers.live(record.id);
  switch (condition) {
    case 'not-running':
      return containers.isRunning(record) || live.phase === 'restarting'
        ? containers.nextExit(record)
        : Promise.resolve(record.state.exitCode);
    case 'next-exit':
      return containers.nextExit(record);
    case 'removed':
      return live.removed();
    default:
      throw badParameter(`invalid condition: ${JSON.stringify(condition)}`);
  }
}
