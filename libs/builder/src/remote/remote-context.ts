import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageBuilding } from '#runtime/building.contract';
import { SourceTree } from '../context/source-tree.ts';
import { isTarArchive, readArchive } from '../steps/archive-source.ts';
import { download, isHttpUrl } from './download.ts';
import { cloneInto } from './git-clone.ts';
import { parseGitReference } from './git-reference.ts';

/**
 * A build context that is elsewhere: a Git repository, an archive, or a Dockerfile alone. `dockerfile` is the path of the last. Throws Error.
 */
export async function fetchContext(
  remote: string,
  { directory, building, signal }: { directory: string; building: ImageBuilding; signal?: AbortSignal },
): Promise<{ contextDir: string; dockerfile?: string }> {
  // As Docker takes it: the host alone names a repository of GitHub.
  const git = parseGitReference(remote.startsWith('github.com/') ? `https://${remote.replace(/(\.git)?(#|$)/, '.git$2')}` : remote);
  if (git) {
    const { path } = await cloneInto(directory, git, { keepGitDir: git.keepGitDir ?? false, signal });
    const tree = new SourceTree(path);
    const below = tree.followed(git.directory ?? '');
    if (!tree.stat(below)?.isDirectory()) throw new Error(`subdir "${below}" does not exist in ${git.remote}`);
    return { contextDir: tree.real(below) };
  }
  if (!isHttpUrl(remote)) throw new Error(`remote context ${remote} is neither a Git repository nor an address`);
  const file = join(directory, 'remote');
  const contextDir = join(directory, 'context');
  await mkdir(contextDir, { recursive: true });
  await download(remote, file, { signal });
  if (!(await isTarArchive(file))) return { contextDir, dockerfile: file };
  await building.unpackArchive(readArchive(file), contextDir);
  return { contextDir };
}
