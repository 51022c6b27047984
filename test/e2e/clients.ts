import { inspect } from 'node:util';
import { type ChildProcess, spawn } from 'node:child_process';
import { type CommandResult, runCommand } from '#base';

/** A variable that the set-up of the suites provides. */
export function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the end-to-end suites with "npm test -- e2e"`);
  return value;
}

/** Runs the real kubectl; never throws for its exit code. */
export function kubectlResult(args: readonly string[], input?: string): Promise<CommandResult> {
  return runCommand([env('KUBECTL'), ...args], { ...(input !== undefined && { input }), env: { ...process.env, HOME: env('BERTH_HOME') } });
}

/** Runs the real kubectl and answers what it printed; throws with its message when it fails. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectlResult(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit ${code}\n${stderr}${stdout}`);
  return stdout;
}

/** The object or list that `kubectl get -o json` answers. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever fields its assertion names
export async function getJson(...args: string[]): Promise<any> {
  return JSON.parse(await kubectl(['get', ...args, '-o', 'json']));
}

export async function berth(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['deploy/bin/berth', ...args]);
  if (code !== 0) throw new Error(`berth ${args.join(' ')}: exit ${code}\n${stderr}${stdout}`);
  return stdout;
}

/** Starts a kubectl that runs on (`logs -f`, `get -w`) and collects its output. */
export function kubectlRunning(args: readonly string[]): { output: () => string; stop: () => Promise<void>; child: ChildProcess } {
  const child = spawn(env('KUBECTL'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    output: () => text,
    child,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Looks five times a second until `probe` answers something; throws with the last answer's error after the deadline. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined | false>, deadlineMs = 60_000): Promise<T> {
  const end = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (err) {
      last = err;
    }
    if (Date.now() > end) throw new Error(`not within ${deadlineMs / 1000} s: ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Fetches a URL from the host with a bounded time; the status 0 stands for no answer. */
export async function fetchText(url: string, timeoutMs = 3_000): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), headers: { connection: 'close' } });
    return { status: response.status, body: await response.text() };
  } catch (err) {
    // `fetch failed` alone tells nothing: what failed is its cause.
    return { status: 0, body: inspect(err) };
  }
}
