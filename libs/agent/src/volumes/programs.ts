import { CommandFailed, runCommand } from '#base';

/**
 * Runs a program of the node's own, such as mount(8), without a shell. Throws what it said, and for one that is not installed which one that
 * is and what would help.
 */
export async function runProgram(
  command: readonly [string, ...string[]],
  { mayExit = [] }: { mayExit?: readonly number[] } = {},
): Promise<string> {
  const [program] = command;
  try {
    const result = await runCommand(command);
    if (result.code !== 0 && !mayExit.includes(result.code)) throw new CommandFailed(command, result);
    return result.stdout;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    const from = packages.get(program);
    throw new Error(`executable file not found: "${program}" is not installed on the node${from ? `, install ${from}` : ''}`, {
      cause: err,
    });
  }
}

/** Debian's packages. */
const packages = new Map([
  ['mount.nfs', 'nfs-common'],
  ['iscsiadm', 'open-iscsi'],
  ['mkfs.xfs', 'xfsprogs'],
  ['xfs_growfs', 'xfsprogs'],
]);
