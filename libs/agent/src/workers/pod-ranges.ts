import { readFile } from 'node:fs/promises';
import type { Node } from '#api/types';
import { writeFileAtomic } from '#base';
import type { Informer } from '#client/contract';
import { podCidrsOf } from '#objects';

/** The ranges of addresses that this node's pods have: the controller-manager gives them once, and the node remembers them. */
export class PodRanges {
  constructor(private readonly options: { file: string; nodeName: string; nodes: Pick<Informer<Node>, 'onChange'> }) {}

  /** As they were when an agent was last told; undefined: none ever was. */
  async remembered(): Promise<readonly string[] | undefined> {
    try {
      return JSON.parse(await readFile(this.options.file, 'utf8')) as string[];
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw err;
    }
  }

  /** As the API has them, when it has them; none when `signal` aborts. */
  async given(signal: AbortSignal): Promise<readonly string[]> {
    const ranges = await this.first(signal);
    if (ranges.length > 0) await writeFileAtomic(this.options.file, JSON.stringify(ranges));
    return ranges;
  }

  private first(signal: AbortSignal): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const stop = this.options.nodes.onChange(({ object, deleted }) => {
        const ranges = podCidrsOf(object);
        if (deleted || object.metadata.name !== this.options.nodeName || ranges.length === 0) return;
        queueMicrotask(() => stop());
        resolve(ranges);
      });
      signal.addEventListener('abort', () => resolve([]), { once: true });
    });
  }
}
