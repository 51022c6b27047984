import { Writable } from 'node:stream';
import type { ContainerRuntime } from '#runtime/containers.contract';
import { CommandTimedOut } from '../probes/check.ts';

const MAX_OUTPUT_BYTES = 10 * 1024;

/** Runs a command of a probe or hook in a container; what it printed is kept up to 10 KiB. Throws when it takes too long. */
export async function execute(
  runtime: ContainerRuntime,
  id: string,
  command: { args: string[]; timeoutMs?: number },
): Promise<{ exitCode: number; output: string }> {
  const chunks: Buffer[] = [];
  let kept = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (kept < MAX_OUTPUT_BYTES) chunks.push(chunk.subarray(0, MAX_OUTPUT_BYTES - kept));
      kept += chunk.length;
      done();
    },
  });
  const signal = command.timeoutMs === undefined ? undefined : AbortSignal.timeout(command.timeoutMs);
  const late = (cause?: unknown): CommandTimedOut =>
    new CommandTimedOut(`command timed out: "${command.args.join(' ')}" timed out after ${(command.timeoutMs ?? 0) / 1000}s`, { cause });
  const { exitCode } = await runtime
    .exec(id, { args: command.args, tty: false }, { stdout: sink, stderr: sink, ...(signal && { signal }) })
    .catch((err: unknown) => {
      throw signal?.aborted ? late(err) : err;
    });
  if (signal?.aborted) throw late();
  return { exitCode, output: Buffer.concat(chunks).toString() };
}
