import { badParameter } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { whole } from '../../http/query.ts';

export function terminalSize(query: URLSearchParams): { columns: number; rows: number } {
  const [rows, columns] = [whole(query, 'h'), whole(query, 'w')];
  if (rows === undefined || columns === undefined) throw badParameter('strconv.Atoi: parsing "": invalid syntax');
  return { columns, rows };
}

export const resize: Endpoint = {
  method: 'POST',
  path: '/containers/{name}/resize',
  async handle({ param, query }, engine) {
    const record = await engine.find(param('name'));
    const size = terminalSize(query);
    engine.containers.demandRunning(record);
    await engine.options.runtime.resize(record.id, size);
    return { status: 200, text: '' };
  },
};
