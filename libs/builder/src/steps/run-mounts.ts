import { join, posix } from 'node:path';
import { lookUp } from '#base';
import type { BuildMount } from '#runtime/building.contract';
import type { SourceTree } from '../context/source-tree.ts';
import type { RunMount } from '../dockerfile/run-mount.ts';
import { type Origin, withTree } from '../origins.ts';
import type { BuildSession } from '../session.ts';
import { TreeCopy } from './copy-tree.ts';
import { absolute, type ImageState } from './image-state.ts';
import { forwardedSocket } from './ssh-forward.ts';

/** A mount of RUN and where its files come from; the context unless `from` names something else. */
export interface WantedMount {
  mount: RunMount;
  origin: Origin;
}

/** What the process gets: mounts, and variables that are in no layer and in no history. */
export interface Given {
  mounts: readonly BuildMount[];
  env: readonly string[];
}

/** What the result of the step depends on. The value of a secret and the content of a cache are no part of it. */
export function mountKeys(wanted: readonly WantedMount[]): Promise<unknown[]> {
  return Promise.all(
    wanted.map(async ({ mount, origin }) => {
      const { source = '', type } = mount;
      if (origin.kind === 'layers') return [mount, origin.layers.map(({ diffId }) => diffId)];
      if (type !== 'bind') return [mount];
      return [mount, await withTree(origin, (tree) => tree.digest(demanded(tree, source), false))];
    }),
  );
}

/** Makes everything ready for as long as `use` runs. Parents come before what is mounted in them. */
export function withMounts<T>(
  session: BuildSession,
  state: ImageState,
  wanted: readonly WantedMount[],
  use: (given: Given) => Promise<T>,
): Promise<T> {
  const placed = wanted.map((one, i) => ({ ...one, target: targetOf(one.mount, state, i) }));
  const depth = ({ target }: { target: string }): number => target.split('/').length;
  const todo = placed.toSorted((a, b) => depth(a) - depth(b));
  const next = (given: Given): Promise<T> => {
    const one = todo.shift();
    if (!one) return use(given);
    const add = ({ mounts = [], env = [] }: Partial<Given>): Promise<T> =>
      next({ mounts: [...given.mounts, ...mounts], env: [...given.env, ...env] });
    switch (one.mount.type) {
      case 'tmpfs':
        return add({ mounts: [{ target: one.target, kind: 'tmpfs', sizeBytes: one.mount.sizeBytes }] });
      case 'bind':
        return withBind(session, one, (mount) => add({ mounts: [mount] }));
      case 'cache':
        return withCache(session, one, (mount) => add({ mounts: [mount] }));
      case 'secret':
        return secret(session, one).then(add);
      case 'ssh':
        return withSsh(session, one, add);
    }
  };
  return next({ mounts: [], env: [] });
}

type Placed = WantedMount & { target: string };

function targetOf(mount: RunMount, state: ImageState, index: number): string {
  if (mount.type === 'secret') return absolute(mount.target ?? `/run/secrets/${posix.basename(secretId(mount))}`, state.config.WorkingDir);
  if (mount.type === 'ssh') return absolute(mount.target ?? `/run/buildkit/ssh_agent.${index}`, state.config.WorkingDir);
  const target = absolute(mount.target ?? '', state.config.WorkingDir);
  if (target === '/') throw new Error('invalid mount target "/"');
  return target;
}

/** A path of the tree, every link followed. */
function demanded(tree: SourceTree, source: string): string {
  const followed = tree.followed(source);
  if (!tree.stat(followed)) throw new Error(`failed to calculate checksum: "/${followed}": not found`);
  return followed;
}

/** Read-only, the files themselves where nothing is left out of them; else a copy that goes with the step. */
async function withBind<T>(session: BuildSession, { mount, origin, target }: Placed, use: (mount: BuildMount) => Promise<T>): Promise<T> {
  const { building } = session.options;
  const { source = '', readOnly } = mount;
  const bound = (tree: SourceTree): Promise<T> => use({ target, kind: 'bind', source: tree.real(demanded(tree, source)), readOnly });
  if (origin.kind === 'layers' && readOnly) return withTree(origin, bound);
  if (origin.kind !== 'layers' && readOnly && !origin.tree.isFiltered) return bound(origin.tree);
  const copy = await building.newUpper();
  try {
    const path = await withTree(origin, async (tree) => {
      const from = demanded(tree, source);
      const name = tree.stat(from)?.isDirectory() ? '' : posix.basename(from);
      copyInto(session, copy.path, { tree, from, keepOwners: origin.kind === 'layers' });
      return join(copy.path, name);
    });
    return await use({ target, kind: 'bind', source: path, readOnly });
  } finally {
    await copy.remove();
  }
}

function copyInto(
  { options }: BuildSession,
  directory: string,
  { tree, from, keepOwners }: { tree: SourceTree; from: string; keepOwners: boolean },
): void {
  const copyAttributes = options.building.copyAttributes.bind(options.building);
  new TreeCopy(directory, { keepOwners, copyAttributes }).copy(tree, from, '/');
}

function withCache<T>(session: BuildSession, { mount, origin, target }: Placed, use: (mount: BuildMount) => Promise<T>): Promise<T> {
  const id = mount.id ?? target;
  const fill = async (directory: string): Promise<void> => {
    if (mount.from === undefined) return;
    await withTree(origin, async (tree) =>
      copyInto(session, directory, { tree, from: demanded(tree, mount.source ?? ''), keepOwners: true }),
    );
  };
  return session.mountCaches.use(id, mount, fill, (directory) =>
    use({ target, kind: 'bind', source: directory, readOnly: mount.readOnly }),
  );
}

const secretId = (mount: RunMount): string => mount.source ?? mount.id ?? posix.basename(mount.target ?? '');

async function secret({ options }: BuildSession, { mount, target }: Placed): Promise<Partial<Given>> {
  const id = secretId(mount);
  const content = await lookUp(options.secrets, id)?.();
  if (content === undefined) {
    if (mount.required) throw new Error(`secret ${id}: not found`);
    return {};
  }
  const { mode = 0o400, uid = 0, gid = 0 } = mount;
  const inFile = mount.env === undefined || mount.target !== undefined;
  return {
    env: mount.env === undefined ? [] : [`${mount.env || id}=${Buffer.from(content).toString()}`],
    mounts: inFile ? [{ target, kind: 'file', content, mode, uid, gid }] : [],
  };
}

async function withSsh<T>(session: BuildSession, { mount, target }: Placed, add: (given: Partial<Given>) => Promise<T>): Promise<T> {
  const id = mount.id ?? 'default';
  const agent = lookUp(session.options.ssh, id);
  if (agent === undefined) {
    if (mount.required) throw new Error(`no SSH key "${id}" forwarded from the client`);
    return add({});
  }
  const directory = await session.options.building.newUpper();
  try {
    const { mode = 0o600, uid = 0, gid = 0 } = mount;
    const path = join(directory.path, 'agent');
    const given = { mounts: [{ target, kind: 'bind' as const, source: path, readOnly: false }], env: [`SSH_AUTH_SOCK=${target}`] };
    return await forwardedSocket(agent, { path, mode, uid, gid }, () => add(given));
  } finally {
    await directory.remove();
  }
}
