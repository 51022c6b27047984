import { mkdir } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { runProgram } from '../programs.ts';
import { unbind } from './bind.ts';
import type { SourcePlugin } from './source-plugin.ts';

/** Kubernetes, "Volumes", "nfs": a share that a server has already, mounted by the node's own mount.nfs(8). */
export const nfsSource: SourcePlugin<'nfs'> = {
  kind: 'nfs',
  async setUp({ record: { source, readOnly, mountOptions }, directory }, { mounts }) {
    if (mounts.mountsBelow(directory).includes(directory)) return;
    await mkdir(directory, { recursive: true, mode: 0o750 });
    // The program would take it for an option of its own.
    if (source.server.startsWith('-')) throw new Error(`nfs: ${JSON.stringify(source.server)} is no server`);
    const server = isIPv6(source.server) ? `[${source.server}]` : source.server;
    const options = [...(readOnly ? ['ro'] : []), ...mountOptions];
    await runProgram(['mount.nfs', `${server}:${source.path}`, directory, ...(options.length > 0 ? ['-o', options.join(',')] : [])]);
  },
  tearDown: ({ directory }, node) => unbind(directory, node),
};
