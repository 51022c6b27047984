import { chmodSync, chownSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

/**
 * A socket of the step's own that leads to an agent's, for as long as `use` runs: so the step's user may open it, and neither the agent's
 * path nor its owner show.
 */
export async function forwardedSocket<T>(
  agent: string,
  { path, mode, uid, gid }: { path: string; mode: number; uid: number; gid: number },
  use: () => Promise<T>,
): Promise<T> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path: agent, allowHalfOpen: true });
    const ended = (): void => {
      client.destroy();
      upstream.destroy();
    };
    pipeline(client, upstream, client, ended);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  try {
    chownSync(path, uid, gid);
    chmodSync(path, mode);
    return await use();
  } finally {
    server.close();
  }
}
