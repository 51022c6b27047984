import { readFile, stat } from 'node:fs/promises';

/** A file of `htpasswd -B`, as the Docker registry has it. A changed file counts at once. */
export class Htpasswd {
  private hashes = new Map<string, string>();
  private readAtMs = -1;

  private constructor(private readonly path: string) {}

  /** Throws an Error with one line for people when the file cannot be used. */
  static async open(path: string): Promise<Htpasswd> {
    const opened = new Htpasswd(path);
    await opened.refresh();
    if (opened.hashes.size === 0) throw new Error(`${path} names no user with a bcrypt password (htpasswd -B)`);
    return opened;
  }

  /** Throws when the file is gone. */
  async hashOf(user: string): Promise<string | undefined> {
    await this.refresh();
    return this.hashes.get(user);
  }

  private async refresh(): Promise<void> {
    const { mtimeMs } = await stat(this.path);
    if (mtimeMs === this.readAtMs) return;
    const rows = (await readFile(this.path, 'utf8')).split('\n').map((row) => /^([^:#]+):(\$2[aby]\$.+?)\s*$/.exec(row));
    this.hashes = new Map(rows.flatMap((row) => (row ? [[row[1]!, row[2]!]] : [])));
    this.readAtMs = mtimeMs;
  }
}
