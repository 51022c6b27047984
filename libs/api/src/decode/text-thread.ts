import { Worker } from 'node:worker_threads';
import type { WrittenForm } from './written-text.ts';
import { readYaml, type YamlOutcome } from './yaml.ts';

/** Up to this size a text is read or written at once: the worst of them takes some 10 ms. */
const inlineChars = 64 * 1024;
/** Twice what the worst text of the largest body needs. */
const maxHeapMiB = 1024;

/** What a thread is asked: to read YAML, or to write JSON as a person or a program wants it. */
export type TextJob = { do: 'read'; yaml: string } | { do: WrittenForm; json: string };

export const isLongText = (chars: number): boolean => chars > inlineChars;

/** Undefined for a text that is too long to be read without holding up everybody else: `readYamlAside` is for those. */
export function readYamlInline(text: string): YamlOutcome | undefined {
  return isLongText(text.length) ? undefined : readYaml(text);
}

/** The same as `readYaml`, in a thread of its own. */
export async function readYamlAside(yaml: string): Promise<YamlOutcome> {
  try {
    return await inTurn<YamlOutcome>({ do: 'read', yaml });
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') return { tooLarge: true };
    throw err;
  }
}

/** The same as `writtenText`, in a thread of its own. */
export const renderAside = (form: WrittenForm, json: string): Promise<string> => inTurn<string>({ do: form, json });

let last: Promise<unknown> = Promise.resolve();

/** One text at a time: they shall not take all processors. */
function inTurn<T>(job: TextJob): Promise<T> {
  const mine = last.then(() => inThread<T>(job));
  last = mine.catch(() => undefined); // the caller hears of it
  return mine;
}

function inThread<T>(job: TextJob): Promise<T> {
  const file = new URL(import.meta.url.endsWith('.ts') ? './text-worker.ts' : './text-worker.js', import.meta.url);
  const worker = new Worker(file, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB } });
  let answer: { is: T } | undefined;
  return new Promise((resolve, reject) => {
    worker.once('message', (is: T) => (answer = { is }));
    worker.once('error', reject);
    // Only when the thread is over: the next one begins then.
    worker.once('exit', (code) =>
      answer ? resolve(answer.is) : reject(new Error(`the thread that was to ${job.do} a text ended with ${code}`)),
    );
  });
}
