import type { MirrorSettings } from '../settings/mirrors.ts';
import { Mirror, type MirrorParts } from './mirror.ts';
import type { Upstream } from './upstream.ts';

/** The mirrors that the settings have now. */
export class Mirrors {
  /** By what they were made of: a setting that stays keeps its connections, tokens and transfers. */
  private made = new Map<string, Mirror>();

  constructor(
    private readonly parts: MirrorParts,
    private readonly settings: () => Promise<readonly MirrorSettings[]>,
    private readonly open: (settings: MirrorSettings) => Upstream,
  ) {}

  async all(): Promise<readonly Mirror[]> {
    const made = (await this.settings()).map((settings): [string, Mirror] => {
      const key = JSON.stringify(settings);
      return [key, this.made.get(key) ?? new Mirror(settings, this.open(settings), this.parts)];
    });
    this.made = new Map(made);
    return [...this.made.values()];
  }

  /** The first one that has the repository. */
  async of(repository: string): Promise<Mirror | undefined> {
    return (await this.all()).find((mirror) => mirror.upstreamName(repository) !== undefined);
  }
}
