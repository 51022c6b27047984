import { join } from 'node:path';

/** Where `berth registry` keeps what is pushed to it, unless it is told. */
const rootDir = '/var/lib/berth-registry';

/**
 * The registry without a cluster, in the place of this process: signals, output and exit code are its own. Returns never, but throws what
 * keeps it from starting.
 */
export function becomeRegistry(installation: string, args: readonly string[]): never {
  const hasRoot = args.some((arg) => arg === '--root-dir' || arg.startsWith('--root-dir='));
  const flags = [...(hasRoot ? [] : [`--root-dir=${rootDir}`]), ...args];
  // The environment of a part under the supervisor: libs/cli/src/supervisor/parts.ts.
  const environment = { ...process.env, MALLOC_ARENA_MAX: '2' };
  const command = [process.execPath, '--enable-source-maps', '--expose-gc', join(installation, 'dist/parts/registry.js'), ...flags];
  return process.execve!(process.execPath, command, environment);
}
