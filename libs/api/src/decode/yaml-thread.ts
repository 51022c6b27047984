import { Worker } from 'node:worker_threads';
import { readYaml, type YamlOutcome } from './yaml.ts';

/** Up to this size a text is read at once: the worst of them takes some 10 ms. */
const inlineChars = 64 * 1024;
/** Twice what the worst text of the largest body needs. */
const maxHeapMiB = 1024;

export const isLongYaml = (chars: number): boolean => chars > inlineChars;

/** Undefined for a text that is too long to be read without holding up everybody else: `readYamlAside` is for those. */
export function readYamlInline(text: string): YamlOutcome | undefined {
  return isLongYaml(text.length) ? undefined : readYaml(text);
}

let last: Promise<unknown> = Promise.resolve();

/** The same as `readYaml`, in a thread of its own, one text at a time: they shall not take all processors. */
export function readYamlAside(text: string): Promise<YamlOutcome> {
  const mine = last.then(() => inThread(text));
  last = mine.catch(() => undefined); // the caller hears of it
  return mine;
}

function inThread(text: string): Promise<YamlOutcome> {
  const file = new URL(import.meta.url.endsWith('.ts') ? './yaml-worker.ts' : './yaml-worker.js', import.meta.url);
  const worker = new Worker(file, { workerData: text, resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB } });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (err) =>
      (err as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? resolve({ tooLarge: true }) : reject(err),
    );
    worker.once('exit', (code) => reject(new Error(`the thread that reads YAML ended with ${code}`)));
  });
}
