import { send } from './replay.ts';

export interface Run {
  exitCode: number;
  /** Of both streams, in the order in which the log has it. */
  output: string;
  oomKilled: boolean;
  warnings: string[];
}

export interface Asked {
  cmd: string[];
  host?: object;
  config?: object;
}

/** Asks the engine; throws what it refuses with. */
export async function ask<T>(socket: string, method: string, path: string, body?: object): Promise<T> {
  const content = body && JSON.stringify(body);
  const { status, bytes } = await send(socket, { method, path, content, type: 'application/json' });
  const text = bytes.toString();
  if (status >= 400) throw new Error((JSON.parse(text) as { message: string }).message);
  return (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as T;
}

export async function create(socket: string, { cmd, host = {}, config = {} }: Asked): Promise<{ Id: string; Warnings: string[] }> {
  return ask(socket, 'POST', '/containers/create', { Image: 'or/bb:1', Cmd: cmd, ...config, HostConfig: host });
}

/** Runs a container of the test image to its end, and removes it. */
export async function run(socket: string, asked: Asked): Promise<Run> {
  const { Id: id, Warnings: warnings } = await create(socket, asked);
  try {
    await ask(socket, 'POST', `/containers/${id}/start`);
    await ask(socket, 'POST', `/containers/${id}/wait`);
    const { State: state } = await ask<{ State: { ExitCode: number; OOMKilled: boolean } }>(socket, 'GET', `/containers/${id}/json`);
    return { exitCode: state.ExitCode, oomKilled: state.OOMKilled, output: await logsOf(socket, id), warnings };
  } finally {
    await ask(socket, 'DELETE', `/containers/${id}?force=1&v=1`);
  }
}

export async function logsOf(socket: string, id: string, query = ''): Promise<string> {
  const { status, bytes } = await send(socket, { method: 'GET', path: `/containers/${id}/logs?stdout=1&stderr=1${query}`, type: '' });
  if (status >= 400) throw new Error((JSON.parse(bytes.toString()) as { message: string }).message);
  return unframed(bytes);
}

/** What both streams said, in its order. */
export function unframed(bytes: Buffer): string {
  const said: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4))
    said.push(bytes.toString('utf8', at + 8, at + 8 + bytes.readUInt32BE(at + 4)));
  return said.join('');
}
