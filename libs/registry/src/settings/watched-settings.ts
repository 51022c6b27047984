import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import { parseSettings, type Settings } from './settings.ts';

/** How old what is known of the file may be: a look at it for every request would cost more than the request. */
const restMs = 1000;

/** A settings file that is read again when it changes. What cannot be read then is logged, and what was good before goes on. */
export class WatchedSettings {
  private lookedAtMs: number;
  private looking: Promise<void> | undefined;

  private constructor(
    private readonly path: string,
    private readonly io: { clock: Clock; logger: Logger },
    private settings: Settings,
    private version: string,
  ) {
    this.lookedAtMs = io.clock.monotonicMs();
  }

  /** Throws SettingsError, and what the file system says. */
  static async open(path: string, io: { clock: Clock; logger: Logger }): Promise<WatchedSettings> {
    const version = await versionOf(path);
    return new WatchedSettings(path, io, parseSettings(await readFile(path, 'utf8')), version);
  }

  /** As of at most a second ago. Never rejects. */
  async current(): Promise<Settings> {
    if (this.io.clock.monotonicMs() - this.lookedAtMs >= restMs) {
      this.looking ??= this.look().finally(() => (this.looking = undefined));
      await this.looking;
    }
    return this.settings;
  }

  private async look(): Promise<void> {
    const { clock, logger } = this.io;
    try {
      const version = await versionOf(this.path);
      if (version !== this.version) {
        this.version = version; // also of a bad one: it is complained of once
        this.settings = parseSettings(await readFile(this.path, 'utf8'));
        logger.info({ path: this.path }, 'settings read again');
      }
    } catch (err) {
      logger.error({ err, path: this.path }, 'settings cannot be read: the former ones go on');
    }
    this.lookedAtMs = clock.monotonicMs();
  }
}

/** The inode tells a file that was put in the place of another one within one tick of the file system's clock. */
async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${size} ${ino}`;
}
