import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SourceTree } from '../context/source-tree.ts';
import type { CopyInstruction } from '../dockerfile/instruction.ts';
import { download, isHttpUrl, nameOfUrl } from '../remote/download.ts';
import { cloneInto } from '../remote/git-clone.ts';
import { parseGitReference } from '../remote/git-reference.ts';
import type { BuildSession } from '../session.ts';

export const isRemote = (source: string): boolean => isHttpUrl(source) || parseGitReference(source) !== undefined;

/** What ADD fetches: a file of its own, or the files of a repository. undefined: the source is a path. Throws Error. */
export async function remoteSource(
  session: BuildSession,
  source: string,
  { do: verb, checksum, keepGitDir, destination }: CopyInstruction,
): Promise<{ tree: SourceTree; path: string } | undefined> {
  const git = parseGitReference(source);
  if (!git && !isHttpUrl(source)) return undefined;
  if (verb === 'COPY') throw new Error(git ? "source can't be a git ref for COPY" : "source can't be a URL for COPY");
  const directory = await session.directory();
  const { signal } = session;
  if (!git) {
    const isDirectory = destination.endsWith('/') || destination.endsWith('.');
    const name = nameOfUrl(source) ?? (isDirectory ? undefined : 'unnamed');
    if (name === undefined) throw new Error(`cannot determine filename for source ${source}`);
    await download(source, join(directory, name), { checksum, signal });
    return { tree: new SourceTree(directory), path: name };
  }
  if (keepGitDir !== undefined && git.keepGitDir !== undefined && keepGitDir !== git.keepGitDir) {
    throw new Error('inconsistent keep-git-dir configuration');
  }
  if (checksum !== undefined && git.checksum !== undefined && checksum !== git.checksum) {
    throw new Error(`checksum mismatch "${checksum}" != "${git.checksum}"`);
  }
  await mkdir(directory, { recursive: true });
  const wanted = { ...git, checksum: checksum ?? git.checksum };
  const sshAgent = session.options.ssh?.default;
  const keep = keepGitDir ?? git.keepGitDir ?? false;
  const { path } = await cloneInto(directory, wanted, { keepGitDir: keep, ...(sshAgent && { sshAgent }), signal });
  const tree = new SourceTree(path);
  const below = tree.followed(git.directory ?? '');
  if (!tree.stat(below)) throw new Error(`"/${below}": not found in ${git.remote}`);
  return { tree, path: below };
}
