import { Writable } from 'node:stream';
import type { ContainerRuntime } from '#runtime/containers.contract';

const MAX_OUTPUT_BYTES = 10 * 1024;

/** Runs a command of a probe or hook in a container; what it printed is kept up to 10 KiB. */
export async function execute(
  runtime: Pick<ContainerRuntime, 'exec'>,
  id: string,
  { args, signal }: { args: string[]; signal: AbortSignal },
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
  const { exitCode } = await runtime.exec(id, { args, tty: false }, { stdout: sink, stderr: sink, signal });
  return { exitCode, output: Buffer.concat(chunks).toString() };
}
