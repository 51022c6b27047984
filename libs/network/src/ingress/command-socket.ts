import { request } from 'node:http';
import { connect } from 'node:net';
import type { Clock } from '#base';

const answerMs = 5_000;

/** Whether nobody listens at a socket: the process is gone, or was never there. */
export function isAbsence(err: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED'].includes((err as NodeJS.ErrnoException).code ?? '');
}

/** One command of HAProxy's command sockets ("Unix Socket commands", management guide §9.3), or several with `;` between them. */
export function ask(path: string, command: string, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path);
    const late = clock.after(answerMs, () => socket.destroy(new Error(`${path}: no answer within ${answerMs} ms`)));
    socket.setEncoding('utf8');
    // An empty line ends what a command carries; after one that carries nothing it would be a command.
    socket.once('connect', () => socket.write(`${command}\n`));
    socket.on('data', (text: string) => (answer += text));
    socket.once('error', reject);
    socket.once('close', () => {
      late();
      resolve(answer);
    });
  });
}

/** Throws with what the proxy says where it did not do what it was told. */
export async function tell(path: string, commands: readonly string[], clock: Clock): Promise<void> {
  for (const command of joined(commands)) {
    const answer = await ask(path, command, clock);
    const complaint = answer.split('\n').find((line) => line.trim() !== '' && !expected.test(line));
    if (complaint !== undefined) throw new Error(`${command.split('\n')[0]!.slice(0, 200)}: ${complaint}`);
  }
}

/** What a command that did its work may say. */
const expected = /changed from|no need to change|^Transaction (created|updated)|^Committing|^Success!|^\.*$/;
const maxLineChars = 8_000;

/** Those that carry nothing go together, as many as fit. */
function joined(commands: readonly string[]): string[] {
  const lines: string[] = [];
  let mayJoin = false;
  for (const command of commands) {
    const isPlain = !command.includes('\n');
    if (isPlain && mayJoin && lines.at(-1)!.length + command.length < maxLineChars) lines.push(`${lines.pop()!};${command}`);
    else lines.push(command);
    mayJoin = isPlain;
  }
  return lines;
}

/** A page that is served on a unix socket. */
export function readPage(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: answerMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    call.once('timeout', () => call.destroy(new Error(`${socketPath}: no answer within ${answerMs} ms`)));
    call.once('error', reject);
    call.end();
  });
}
