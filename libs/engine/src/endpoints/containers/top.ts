import { processTable } from '../../containers/processes.ts';
import { conflict } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';

export const top: Endpoint = {
  method: 'GET',
  path: '/containers/{name}/top',
  async handle({ param, query }, engine) {
    const record = await engine.find(param('name'));
    if (engine.containers.status(record) === 'restarting')
      throw conflict(`Container ${record.id} is restarting, wait until the container is running`);
    engine.containers.demandRunning(record);
    const table = await processTable(await engine.options.runtime.processes(record.id), query.get('ps_args') || '-ef');
    engine.containers.emit(record, 'top');
    return { status: 200, json: table };
  },
};
