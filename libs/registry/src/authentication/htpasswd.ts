import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type Crypt, loadCrypt } from '#pki';

/** Of no password: an unknown user costs as much time as a wrong password, so that time does not tell which names there are. */
const nobody = '$2y$05$abcdefghijklmnopqrstuu5a5TWoHcQvGqQ0gLHx6fFAp0kcxoTWe';

/** Who may use the registry: RFC 7617 (Basic) against a file of `htpasswd -B`, as the Docker registry has it. A changed file counts at once. */
export class Htpasswd {
  private hashes = new Map<string, string>();
  private readAtMs = -1;
  /** Digests of credentials that were right: bcrypt takes tens of milliseconds, and a push is hundreds of requests. */
  private readonly proven = new Set<string>();

  private constructor(
    private readonly path: string,
    private readonly crypt: Crypt,
  ) {}

  /** Throws an Error with one line for people when the file cannot be used. */
  static async open(path: string): Promise<Htpasswd> {
    const opened = new Htpasswd(path, await loadCrypt());
    await opened.refresh();
    if (opened.hashes.size === 0) throw new Error(`${path} names no user with a bcrypt password (htpasswd -B)`);
    return opened;
  }

  /**
   * `authorization`: the header as it came. False for whatever is not the right name and password of somebody. Throws when the file is
   * gone.
   */
  async accepts(authorization: string | undefined): Promise<boolean> {
    const given = credentialsOf(authorization);
    if (!given) return false;
    await this.refresh();
    const hash = this.hashes.get(given.user);
    const key = createHash('sha256')
      .update(JSON.stringify([given.user, given.password, hash ?? '']))
      .digest('hex');
    if (this.proven.has(key)) return true;
    const worked = await this.crypt(given.password, hash ?? nobody);
    if (hash === undefined || worked === null || !sameText(worked, hash)) return false;
    this.proven.add(key);
    return true;
  }

  private async refresh(): Promise<void> {
    const { mtimeMs } = await stat(this.path);
    if (mtimeMs === this.readAtMs) return;
    const rows = (await readFile(this.path, 'utf8')).split('\n').map((row) => /^([^:#]+):(\$2[aby]\$.+?)\s*$/.exec(row));
    this.hashes = new Map(rows.flatMap((row) => (row ? [[row[1]!, row[2]!]] : [])));
    this.proven.clear();
    this.readAtMs = mtimeMs;
  }
}

function credentialsOf(authorization: string | undefined): { user: string; password: string } | undefined {
  const match = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization?.trim() ?? '');
  const [, user, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(match?.[1] ?? '', 'base64').toString()) ?? [];
  return user === undefined || password === undefined || password.includes('\0') ? undefined : { user, password };
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
