import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A Redis of one's own for a test: on a unix socket in a temporary directory, no TCP port, every answered write on disk. It dies with
 * the process that started it, however that ends.
 */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    readonly passwordFile: string,
  ) {}

  static async start(): Promise<RedisServer> {
    const directory = mkdtempSync(join(tmpdir(), 'berth-redis-'));
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, 'secret-of-the-test\n', { mode: 0o600 });
    const server = new RedisServer(directory, passwordFile);
    process.once('exit', server.sweep);
    try {
      await server.run();
    } catch (err) {
      server.sweep();
      throw err;
    }
    return server;
  }

  get url(): string {
    return `unix://${this.socketPath}`;
  }

  get socketPath(): string {
    return join(this.directory, 'redis.sock');
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** kill -9, and nothing else: what is not on disk by now is lost. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Starts again on the same files. Resolves when it answers. */
  async run(): Promise<void> {
    const args = ['--port', '0', '--unixsocket', this.socketPath, '--dir', this.directory, '--save', '', '--appendonly', 'yes'];
    const durable = ['--appendfsync', 'always', '--maxmemory-policy', 'noeviction', '--requirepass', 'secret-of-the-test'];
    const command = ['--pdeathsig', 'KILL', 'redis-server', ...args, ...durable];
    const child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (/ready to accept connections/i.test(output)) resolve();
      });
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${output}`)));
    });
  }

  /** Throws away what is on disk, as if somebody put an older state back. Only while it does not run. */
  async forget(): Promise<void> {
    await rm(join(this.directory, 'appendonlydir'), { recursive: true });
  }

  async stop(): Promise<void> {
    await this.kill();
    process.off('exit', this.sweep);
    this.sweep();
  }

  private readonly sweep = (): void => {
    this.child?.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  };
}
