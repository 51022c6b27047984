import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, mustRun, removeTree } from '#base';
import type { GitReference } from './git-reference.ts';

export interface CloneOptions {
  keepGitDir: boolean;
  /** The socket of an agent, for `git@…` and `ssh://`. */
  sshAgent?: string;
  signal?: AbortSignal;
}

/**
 * Checks a repository out into an empty directory, one commit deep where the server allows it, submodules too. Answers the commit and
 * where its files are. Throws Error with what Git said.
 */
export async function cloneInto(
  directory: string,
  reference: GitReference,
  options: CloneOptions,
): Promise<{ commit: string; path: string }> {
  const { remote, ref = 'HEAD', checksum } = reference;
  if (ref.startsWith('-') || remote.startsWith('-')) throw new Error(`invalid Git reference: ${remote}#${ref}`);
  const checkout = join(directory, 'checkout');
  const home = join(directory, 'home');
  await mkdir(checkout, { mode: 0o755 });
  await mkdir(home);
  const env = environment(home, options);
  // Of this machine's configuration nothing counts; a submodule may not name a path of this machine.
  const git = (...args: string[]): Promise<string> =>
    mustRun(['git', '-c', 'protocol.file.allow=never', '-c', 'advice.detachedHead=false', '-C', checkout, ...args], {
      env,
      signal: options.signal,
    });
  try {
    await git('init', '--quiet', '.');
    await git('remote', 'add', 'origin', remote);
    const isCommit = /^[0-9a-f]{40}$/.test(ref);
    // Servers need not hand out a commit by its number, nor a shallow history.
    await git('fetch', '--quiet', '--depth=1', 'origin', ref).catch(() =>
      git('fetch', '--quiet', '--tags', 'origin', ...(isCommit ? ['+refs/heads/*:refs/remotes/origin/*'] : [ref])),
    );
    await git('checkout', '--quiet', isCommit ? ref : 'FETCH_HEAD');
    const commit = (await git('rev-parse', 'HEAD')).trim();
    if (checksum !== undefined && !(checksum.length >= 7 && commit.startsWith(checksum))) {
      throw new Error(`expected checksum to match ${checksum}, got ${commit}`);
    }
    if (reference.submodules) await git('submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1');
    if (!options.keepGitDir) await removeTree(join(checkout, '.git'));
    return { commit, path: checkout };
  } catch (err) {
    if (!(err instanceof CommandFailed)) throw err;
    throw new Error(`failed to fetch ${withoutPassword(remote)}: ${err.result.stderr.trim()}`, { cause: err });
  }
}

function environment(home: string, { sshAgent }: CloneOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new',
    ...(sshAgent && { SSH_AUTH_SOCK: sshAgent }),
  };
}

const withoutPassword = (remote: string): string => remote.replace(/\/\/[^@/]*@/, '//');
