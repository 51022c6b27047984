import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Login {
  username: string;
  password: string;
}

/** Where `podman login`, `skopeo login` and `docker login` write, in the order in which podman reads them (containers-auth.json(5)). */
export function loginFiles(env: NodeJS.ProcessEnv): string[] {
  if (env.REGISTRY_AUTH_FILE) return [env.REGISTRY_AUTH_FILE];
  const home = env.HOME ?? '/root';
  return [
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'containers/auth.json')] : []),
    '/run/containers/0/auth.json', // of root, who has no runtime directory
    join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'containers/auth.json'),
    join(env.DOCKER_CONFIG ?? join(home, '.docker'), 'config.json'),
  ];
}

/** Registry host → what somebody logged in with. The first file that names a host counts. Throws an Error for a file that is not JSON. */
export async function readLogins(files: readonly string[]): Promise<ReadonlyMap<string, Login>> {
  const logins = new Map<string, Login>();
  for (const file of files) {
    for (const [key, { auth = '' }] of Object.entries(await authsOf(file))) {
      const [, username, password] = /^([^:]+):([\s\S]*)$/.exec(Buffer.from(auth, 'base64').toString()) ?? [];
      const host = key.replace(/^https?:\/\//, '').split('/')[0]!;
      const registry = host === 'index.docker.io' ? 'docker.io' : host;
      if (username !== undefined && password !== undefined && !logins.has(registry)) logins.set(registry, { username, password });
    }
  }
  return logins;
}

async function authsOf(file: string): Promise<Record<string, { auth?: string }>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw err;
  }
  try {
    return (JSON.parse(text) as { auths?: Record<string, { auth?: string }> }).auths ?? {};
  } catch (err) {
    throw new Error(`${file}, with the logins of registries, is not JSON`, { cause: err });
  }
}
