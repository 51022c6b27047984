import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const node24 = join(import.meta.dirname, '../../../../deploy/bin/node24');

/** Network namespaces and processes in them, for one spec; `destroy` takes all of it away, and so does the end of this process. */
export class Namespaces {
  readonly directory = mkdtempSync(join(tmpdir(), 'berth-net-'));
  private readonly names: string[] = [];
  private readonly children: ChildProcess[] = [];

  constructor() {
    process.once('exit', this.sweep);
  }

  /** Makes one; returns its path. */
  add(name: string): string {
    const full = `bt${process.pid}-${name}`;
    execFileSync('ip', ['netns', 'add', full]);
    this.names.push(full);
    return `/run/netns/${full}`;
  }

  /** Runs `ip` inside one, given its path. */
  ip(path: string, ...commands: string[]): void {
    execFileSync('nsenter', [`--net=${path}`, '--', 'ip', '-batch', '-'], { input: `${commands.join('\n')}\n` });
  }

  /** Runs a script of ours inside; resolves when it says that it is ready. It ends with this process, however that ends. */
  async start(path: string, script: string, ...args: string[]): Promise<Actor> {
    const flags = ['--experimental-transform-types', '--no-warnings', '--import', join(import.meta.dirname, 'source-imports.mjs')];
    const command = ['--pdeathsig', 'KILL', 'nsenter', `--net=${path}`, '--', node24, ...flags, join(import.meta.dirname, script), ...args];
    const child = spawn('setpriv', command, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.children.push(child);
    const actor = new Actor(child);
    await actor.ready;
    return actor;
  }

  /** Resolves when the processes have ended and the namespaces are gone. */
  async destroy(): Promise<void> {
    const gone = this.children
      .filter((c) => c.exitCode === null && c.signalCode === null)
      .map((c) => new Promise((resolve) => c.once('exit', resolve)));
    this.sweep();
    await Promise.all(gone);
    process.off('exit', this.sweep);
  }

  private readonly sweep = (): void => {
    for (const child of this.children.splice(0)) child.kill('SIGKILL');
    for (const name of this.names.splice(0)) execFileSync('ip', ['netns', 'del', name]);
    rmSync(this.directory, { recursive: true, force: true });
  };
}

/** A process that does as it is told; an answer finds its order by a number. */
export class Actor {
  readonly ready: Promise<void>;
  private readonly waiting = new Map<number, (answer: string) => void>();
  private next = 1;

  private readonly child: ChildProcess;

  // Node takes the types out of this file, and does no more with it: benches read it as it is.
  constructor(child: ChildProcess) {
    this.child = child;
    this.ready = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const { id, answer, ready } = JSON.parse(line) as { id: number; answer: string; ready?: boolean };
        if (ready) resolve();
        this.waiting.get(id)?.(answer);
        this.waiting.delete(id);
      });
    });
  }

  /** What came back, or the error's code. */
  order(
    what: 'tcp' | 'udp' | 'dns' | 'hold' | 'say',
    host: string,
    port = 0,
    more: { localPort?: number; text?: string; waitMs?: number } = {},
  ): Promise<string> {
    return this.send({ do: what, host, port, ...more });
  }

  send(order: object): Promise<string> {
    const id = this.next++;
    this.child.stdin!.write(`${JSON.stringify({ id, ...order })}\n`);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  /** Answer → how often, over several tries. */
  async many(count: number, ...order: Parameters<Actor['order']>): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const answer = await this.order(...order);
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
    return counts;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
