import { type CommandResult, runCommand } from '#base';

/**
 * Runs a program of the node's own, such as mount(8), without a shell. Throws what it said, without the arguments that
 * may be secret, and for one that is not installed which one that is and what would help.
 */
export async function runProgram(
  command: readonly [string, ...string[]],
  { mayExit = [] }: { mayExit?: readonly number[] } = {},
): Promise<string> {
  const [program] = command;
  try {
    const result = await runCommand(command, { env: { ...process.env, LC_ALL: 'C' } }); // what they say is shown to people
    if (result.code !== 0 && !mayExit.includes(result.code))
      throw new Error(`${program} failed: exit status ${result.code}: ${saidBy(result)}`);
    return result.stdout;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    const from = packages.get(program);
    throw new Error(`executable file not found: "${program}" is not installed on the node${from ? `, install ${from}` : ''}`, {
      cause: err,
    });
  }
}

const saidBy = ({ stderr, stdout }: CommandResult): string => (stderr.trim() || stdout.trim()).slice(0, 1_000);

/** Debian's packages. */
const packages = new Map([
  ['mount.nfs', 'nfs-common'],
  ['iscsiadm', 'open-iscsi'],
  ['mkfs.xfs', 'xfsprogs'],
  ['xfs_growfs', 'xfsprogs'],
]);
